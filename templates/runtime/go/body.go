package faas

import (
	"io"
	"net/http"
	"sync/atomic"
)

// drained is how much of a body that is too large is read before it is refused: a proxy would take an early answer for a failure.
const drained = 256 << 20

// body is a request's, up to a limit. What comes beyond it is read and thrown away, and then an error.
type body struct {
	io.ReadCloser
	limit    int64
	read     int64
	tooLarge atomic.Bool
}

func (b *body) Read(p []byte) (int, error) {
	if b.tooLarge.Load() {
		return 0, &http.MaxBytesError{Limit: b.limit}
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if b.limit == 0 || b.read <= b.limit {
		return n, err
	}
	b.drain()
	return n - int(b.read-b.limit), &http.MaxBytesError{Limit: b.limit}
}

func (b *body) drain() {
	// That it breaks off makes no difference to what is answered.
	_, _ = io.CopyN(io.Discard, b.ReadCloser, drained)
	b.tooLarge.Store(true)
}
