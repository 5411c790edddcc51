package faas

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// served is a function behind the guard, with its log.
func served(t *testing.T, function Function, change ...func(*Settings)) (*httptest.Server, *log) {
	t.Helper()
	settings, err := ReadSettings(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range change {
		one(&settings)
	}
	lines := &log{}
	server := httptest.NewServer(&guard{function: function, settings: settings, log: newLogger(lines, settings)})
	t.Cleanup(server.Close)
	return server, lines
}

type log struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.String()
}

type answer struct {
	*http.Response
	body string
}

func (a answer) told(t *testing.T) map[string]string {
	t.Helper()
	told := map[string]string{}
	if err := json.Unmarshal([]byte(a.body), &told); err != nil {
		t.Fatalf("%q: %v", a.body, err)
	}
	return told
}

func ask(t *testing.T, server *httptest.Server, method, target string, content io.Reader, fields ...string) answer {
	t.Helper()
	request, err := http.NewRequest(method, server.URL, content)
	if err != nil {
		t.Fatal(err)
	}
	request.URL.Opaque = target
	for i := 0; i < len(fields); i += 2 {
		request.Header.Add(fields[i], fields[i+1])
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response, string(text)}
}

func TestARequestIsAsItCame(t *testing.T) {
	server, _ := served(t, Function{Handle: func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		_, _ = w.Write([]byte(r.Method + " " + r.URL.EscapedPath() + " " + r.URL.RawQuery + " " + CallID(r.Context()) + " " + string(content)))
	}})
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"} {
		got := ask(t, server, method, "/a%20b/%2f//c;d?a=1&a=2", strings.NewReader("\x00\xff"), "X-Call-Id", "c-1")
		if want := method + " /a%20b/%2f//c;d a=1&a=2 c-1 \x00\xff"; got.body != want {
			t.Errorf("got %q, want %q", got.body, want)
		}
	}
}

func TestABodyThatIsTooLargeIsReadAndRefused(t *testing.T) {
	handle := func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			http.Error(w, "cannot read", http.StatusTeapot)
		}
	}
	server, _ := served(t, Function{Handle: handle}, func(s *Settings) { s.MaxBodyBytes = 1000 })
	if got := ask(t, server, "POST", "/", strings.NewReader(strings.Repeat("x", 1000))); got.StatusCode != 200 {
		t.Errorf("at the limit: %d", got.StatusCode)
	}
	// io.MultiReader hides the length: it comes in chunks.
	for _, content := range []io.Reader{strings.NewReader(strings.Repeat("x", 3<<20)), io.MultiReader(strings.NewReader(strings.Repeat("x", 3<<20)))} {
		got := ask(t, server, "POST", "/", content)
		if got.StatusCode != http.StatusRequestEntityTooLarge || got.told(t)["error"] != "the body is larger than 1000 bytes" {
			t.Errorf("above it: %d %s", got.StatusCode, got.body)
		}
	}
}

func TestAPanicIsA500ThatTellsNothing(t *testing.T) {
	handle := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/panic" {
			panic("s3cret")
		}
	}
	server, lines := served(t, Function{Handle: handle})
	got := ask(t, server, "GET", "/panic", nil, "X-Call-Id", "c-9")
	if told := got.told(t); got.StatusCode != 500 || told["error"] != "internal error" || told["callId"] != "c-9" || len(told) != 2 {
		t.Errorf("got %d %s", got.StatusCode, got.body)
	}
	if text := lines.String(); !strings.Contains(text, "s3cret") || !strings.Contains(text, "callId=c-9") {
		t.Errorf("the log: %s", text)
	}
	if got := ask(t, server, "GET", "/", nil); got.StatusCode != 200 {
		t.Errorf("after it: %d", got.StatusCode)
	}
	debugged, _ := served(t, Function{Handle: handle}, func(s *Settings) { s.DebugErrors = true })
	if got := ask(t, debugged, "GET", "/panic", nil); got.told(t)["detail"] != "s3cret" {
		t.Errorf("with debug_errors: %s", got.body)
	}
}

func TestAPanicUnderWayCutsTheAnswer(t *testing.T) {
	server, _ := served(t, Function{Handle: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("one"))
		_ = http.NewResponseController(w).Flush()
		panic("late")
	}})
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err == nil {
		t.Errorf("%q looks whole", text)
	}
}

func TestADeadlineIsA504AndReachesTheHandler(t *testing.T) {
	ended := make(chan error, 1)
	handle := func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		ended <- r.Context().Err()
		time.Sleep(2 * grace)
		_, _ = w.Write([]byte("into nothing"))
	}
	server, _ := served(t, Function{Handle: handle}, func(s *Settings) { s.ExecTimeout = time.Minute })
	got := ask(t, server, "GET", "/", nil, "X-Timeout", "50ms")
	if got.StatusCode != http.StatusGatewayTimeout || got.told(t)["error"] != "the function took too long" {
		t.Errorf("got %d %s", got.StatusCode, got.body)
	}
	if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the handler saw %v", err)
	}
}

func TestAHandlerThatReturnsAtItsDeadlineHasNotAnswered(t *testing.T) {
	server, _ := served(t, Function{Handle: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		func(s *Settings) { s.ExecTimeout = time.Minute })
	if got := ask(t, server, "GET", "/", nil, "X-Timeout", "20ms"); got.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("got %d %s", got.StatusCode, got.body)
	}
}

func TestAClientThatLeavesIsNewsToTheHandler(t *testing.T) {
	begun, ended := make(chan bool), make(chan error, 1)
	server, _ := served(t, Function{Handle: func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		ended <- r.Context().Err()
	}})
	ctx, leave := context.WithCancel(context.Background())
	go func() {
		request, _ := http.NewRequestWithContext(ctx, "GET", server.URL, nil)
		if response, err := server.Client().Do(request); err == nil {
			response.Body.Close()
		}
	}()
	<-begun
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the handler saw %v", err)
	}
}

func TestAnEventStreamBeginsAtOnceAndNeverFallsSilent(t *testing.T) {
	gate := make(chan bool)
	server, _ := served(t, Function{Handle: func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		<-gate
		_, _ = w.Write([]byte("data: 1\n\n"))
	}}, func(s *Settings) { s.Heartbeat = 10 * time.Millisecond })
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.Header.Get("Cache-Control") != "no-cache" || response.Header.Get("X-Accel-Buffering") != "no" {
		t.Errorf("got %v", response.Header)
	}
	silence := make([]byte, len(":\n\n")*3)
	if _, err := io.ReadFull(response.Body, silence); err != nil || string(silence) != ":\n\n:\n\n:\n\n" {
		t.Errorf("got %q, %v", silence, err)
	}
	close(gate)
	if rest, err := io.ReadAll(response.Body); err != nil || !strings.HasSuffix(string(rest), "data: 1\n\n") {
		t.Errorf("got %q, %v", rest, err)
	}
}

func TestReadyIsWhatTheFunctionSays(t *testing.T) {
	var well error
	function := Function{Handle: func(http.ResponseWriter, *http.Request) {}, Ready: func(context.Context) error { return well }}
	server, _ := served(t, function)
	if got := ask(t, server, "GET", "/_/ready", nil); got.StatusCode != 200 {
		t.Errorf("well: %d", got.StatusCode)
	}
	well = errors.New("no database")
	if got := ask(t, server, "GET", "/_/ready", nil); got.StatusCode != 503 {
		t.Errorf("unwell: %d", got.StatusCode)
	}
	if got := ask(t, server, "GET", "/_/health", nil); got.StatusCode != 200 {
		t.Errorf("alive: %d", got.StatusCode)
	}
}
