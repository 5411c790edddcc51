package faas

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// writer is a handler's way to its client. It knows whether the answer has begun: until then it can still become an error, and afterwards
// it can only be cut. Once it is closed a handler that goes on writes into nothing.
type writer struct {
	lock   sync.Mutex
	under  http.ResponseWriter
	header http.Header
	body   *body
	callID string
	// The request's: an answer that begins after its deadline is none.
	ctx    context.Context
	begun  bool
	closed bool

	// An event stream is flushed with every write, and has a comment in every silence.
	heartbeat time.Duration
	silence   *time.Timer
	lineOpen  bool
}

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(status int) {
	w.lock.Lock()
	defer w.lock.Unlock()
	if !w.closed && !w.begun {
		w.begin(status)
	}
}

func (w *writer) Write(p []byte) (int, error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	if !w.closed && !w.begun {
		w.begin(http.StatusOK)
	}
	if w.closed {
		return 0, http.ErrHandlerTimeout
	}
	n, err := w.under.Write(p)
	if w.silence != nil && n > 0 {
		w.lineOpen = p[n-1] != '\n'
		w.silence.Reset(w.heartbeat)
		w.flush()
	}
	return n, err
}

const tookTooLong = "the function took too long"

// begin sends the head that the handler made, or tells that its body was too large or its time over, whatever the handler made of that.
func (w *writer) begin(status int) {
	if w.body.tooLarge.Load() {
		w.refuse(http.StatusRequestEntityTooLarge, tooLarge(w.body.limit), "")
		return
	}
	if errors.Is(w.ctx.Err(), context.DeadlineExceeded) {
		w.refuse(http.StatusGatewayTimeout, tookTooLong, "")
		return
	}
	isFinal := status >= http.StatusOK || status == http.StatusSwitchingProtocols
	isEvents := isFinal && strings.HasPrefix(strings.ToLower(w.header.Get("Content-Type")), "text/event-stream")
	if isEvents {
		for name, value := range map[string]string{"Cache-Control": "no-cache", "X-Accel-Buffering": "no"} {
			if w.header.Get(name) == "" {
				w.header.Set(name, value)
			}
		}
	}
	for name, values := range w.header {
		w.under.Header()[name] = values
	}
	w.under.WriteHeader(status)
	w.begun = isFinal
	if isEvents {
		w.comment()
		if w.heartbeat > 0 {
			w.silence = time.AfterFunc(w.heartbeat, w.beat)
		}
	}
}

func (w *writer) beat() {
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.closed {
		return
	}
	if !w.lineOpen {
		w.comment()
	}
	w.silence.Reset(w.heartbeat)
}

func (w *writer) comment() {
	// That it cannot be written is for the next of the handler's own writes to find out.
	_, _ = w.under.Write([]byte(":\n\n"))
	w.flush()
}

func (w *writer) flush() { _ = http.NewResponseController(w.under).Flush() }

// FlushError is how http.ResponseController flushes.
func (w *writer) FlushError() error {
	w.lock.Lock()
	defer w.lock.Unlock()
	if !w.closed && !w.begun {
		w.begin(http.StatusOK)
	}
	if w.closed {
		return http.ErrHandlerTimeout
	}
	return http.NewResponseController(w.under).Flush()
}

// Flush is how handlers flush that ask for an http.Flusher.
func (w *writer) Flush() { _ = w.FlushError() }

// Unwrap is how http.ResponseController finds what we say nothing of: deadlines, full duplex.
func (w *writer) Unwrap() http.ResponseWriter { return w.under }

// Hijack hands the connection over, for WebSockets.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.closed {
		return nil, nil, http.ErrHandlerTimeout
	}
	w.begun = true
	return http.NewResponseController(w.under).Hijack()
}

// fail answers with an error where nothing is answered yet, and says whether that was so.
func (w *writer) fail(status int, message, detail string) bool {
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.begun || w.closed {
		return false
	}
	w.refuse(status, message, detail)
	return true
}

func (w *writer) refuse(status int, message, detail string) {
	told := map[string]string{"error": message, "callId": w.callID}
	if detail != "" {
		told["detail"] = detail
	}
	var text bytes.Buffer
	// A map of strings is JSON in any case.
	_ = json.NewEncoder(&text).Encode(told)
	w.under.Header().Set("Content-Type", "application/json")
	w.under.WriteHeader(status)
	_, _ = w.under.Write(bytes.TrimSpace(text.Bytes()))
	w.begun, w.closed = true, true
}

// close is for when the handler has returned, or is waited for no longer.
func (w *writer) close() {
	w.lock.Lock()
	defer w.lock.Unlock()
	if !w.begun && !w.closed {
		w.begin(http.StatusOK)
	}
	w.closed = true
	if w.silence != nil {
		w.silence.Stop()
	}
}

func tooLarge(limit int64) string { return fmt.Sprintf("the body is larger than %d bytes", limit) }
