package faas

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// grace is how long after the deadline we answer: the watchdog does so first.
const grace = 500 * time.Millisecond

// guard is what every request goes through: probes, call id, deadline, limit, panics.
type guard struct {
	function Function
	settings Settings
	log      *slog.Logger
	draining atomic.Bool
}

func (g *guard) ServeHTTP(under http.ResponseWriter, r *http.Request) {
	if r.RequestURI == "/_/ready" || r.RequestURI == "/_/health" {
		g.probe(under, r)
		return
	}
	id := r.Header.Get("X-Call-Id")
	if id == "" {
		id = newID()
	}
	ctx := context.WithValue(r.Context(), key{}, call{id: id, log: g.log.With("callId", id)})
	given := g.timeGiven(r)
	if given > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, given)
		defer cancel()
	}
	content := &body{ReadCloser: r.Body, limit: g.settings.MaxBodyBytes}
	w := &writer{under: under, header: http.Header{}, body: content, callID: id, ctx: ctx, heartbeat: g.settings.Heartbeat}
	if content.limit > 0 && r.ContentLength > content.limit {
		content.drain()
		w.fail(http.StatusRequestEntityTooLarge, tooLarge(content.limit), "")
		return
	}
	r = r.WithContext(ctx)
	r.Body = content
	g.answer(w, r, given)
}

// answer waits for the handler, or for its time to be over before its answer has begun.
func (g *guard) answer(w *writer, r *http.Request, given time.Duration) {
	returned := make(chan bool, 1)
	go func() { returned <- g.handled(w, r) }()
	var late <-chan time.Time
	if given > 0 {
		timer := time.NewTimer(given + grace)
		defer timer.Stop()
		late = timer.C
	}
	for {
		select {
		case whole := <-returned:
			w.close()
			if !whole {
				panic(http.ErrAbortHandler)
			}
			return
		case <-late:
			if w.fail(http.StatusGatewayTimeout, tookTooLong, "") {
				return
			}
			late = nil
		}
	}
}

// handled says whether the answer is whole, or may not look so.
func (g *guard) handled(w *writer, r *http.Request) (whole bool) {
	defer func() {
		panicked := recover()
		if panicked == nil {
			return
		}
		if err, ok := panicked.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			return
		}
		Log(r.Context()).Error("uncaught panic", "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
		detail := ""
		if g.settings.DebugErrors {
			detail = fmt.Sprint(panicked)
		}
		whole = w.fail(http.StatusInternalServerError, "internal error", detail)
	}()
	g.dispatch(w, r)
	return true
}

func (g *guard) dispatch(w *writer, r *http.Request) {
	how := eventMode(r.Header)
	switch {
	case how != "" && g.function.OnCloudEvent != nil:
		g.carry(w, r, how)
	case g.function.Handle != nil:
		g.function.Handle(w, r)
	default:
		w.fail(http.StatusUnsupportedMediaType, "a CloudEvent is expected", "")
	}
}

func (g *guard) probe(w http.ResponseWriter, r *http.Request) {
	status, told := http.StatusOK, `{"status":"ok"}`
	if r.RequestURI == "/_/ready" && !g.ready(r.Context()) {
		status, told = http.StatusServiceUnavailable, `{"status":"not ready"}`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(told))
}

func (g *guard) ready(ctx context.Context) bool {
	if g.draining.Load() {
		return false
	}
	if g.function.Ready == nil {
		return true
	}
	err := g.function.Ready(ctx)
	if err != nil {
		g.log.Warn("not ready", "error", err)
	}
	return err == nil
}

// timeGiven is exec_timeout, or less where the caller asks for less; 0 is no limit.
func (g *guard) timeGiven(r *http.Request) time.Duration {
	most := g.settings.ExecTimeout
	asked, err := parseDuration(r.Header.Get("X-Timeout"))
	if err != nil || asked <= 0 || most == 0 {
		return most
	}
	return min(asked, most)
}

func newID() string {
	var id [16]byte
	// It never fails; where there is no randomness the process ends.
	_, _ = rand.Read(id[:])
	return hex.EncodeToString(id[:])
}
