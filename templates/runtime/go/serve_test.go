package faas

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func lookup(known map[string]string) func(string) string {
	return func(name string) string { return known[name] }
}

func TestSettingsAreSpeltAsForTheWatchdog(t *testing.T) {
	got, err := ReadSettings(lookup(map[string]string{
		"upstream_url": "http://127.0.0.1:8082", "exec_timeout": "1m30s", "max_body_bytes": "2Mi", "write_timeout": "7", "debug_errors": "T",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got.Address != "127.0.0.1:8082" || got.ExecTimeout != 90*time.Second || got.MaxBodyBytes != 2<<20 || !got.DebugErrors {
		t.Errorf("got %+v", got)
	}
	if got.DrainDelay != 7*time.Second || got.ShutdownTimeout != 7*time.Second {
		t.Errorf("got %+v", got)
	}
	if got, _ = ReadSettings(lookup(map[string]string{"term_signal_timing": "after_drain", "healthcheck_interval": "5s"})); got.DrainDelay != 0 {
		t.Errorf("a watchdog that drains first is waited for: %v", got.DrainDelay)
	}
}

func TestAValueThatCannotBeMeantIsNamed(t *testing.T) {
	for name, value := range map[string]string{
		"exec_timeout": "soon", "max_body_bytes": "1 MB", "port": "0", "debug_errors": "maybe", "upstream_url": "here", "sse_heartbeat": "-1s",
	} {
		_, err := ReadSettings(lookup(map[string]string{name: value}))
		if err == nil || !strings.HasPrefix(err.Error(), name+"=") || !strings.Contains(err.Error(), value) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestSecretsAreReadFromTheirFolderAlone(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("secret_mount_path", folder)
	if err := os.WriteFile(filepath.Join(folder, "api-key"), []byte("s3cret \n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Secret("api-key"); err != nil || got != "s3cret \n" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, name := range []string{"other", "", "../api-key", "a/b", ".hidden"} {
		if got, err := Secret(name); err == nil {
			t.Errorf("%q: got %q", name, got)
		}
	}
}

func TestLongLinesAreSplitOrCut(t *testing.T) {
	var out bytes.Buffer
	newLogger(&out, Settings{}).Info(strings.Repeat("x", 100_000))
	for _, line := range strings.Split(out.String(), "\n") {
		if len(line) > longest {
			t.Errorf("a line of %d", len(line))
		}
	}
	out.Reset()
	newLogger(&out, Settings{LogJSON: true, Function: "f"}).Info(strings.Repeat("x", 100_000))
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || out.Len() > longest+200 || line["function"] != "f" {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
}

// free is an address that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func until(t *testing.T, what string, ask func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if ask() {
			return
		}
	}
	t.Fatalf("%s: not within 20 s", what)
}

func TestAFunctionIsServedFromInitToShutdown(t *testing.T) {
	address, gate, held := free(t), make(chan bool), make(chan bool)
	var order []string
	function := Function{
		Init:     func(context.Context) error { order = append(order, "init"); return nil },
		Shutdown: func(context.Context) error { order = append(order, "shutdown"); return nil },
		Handle: func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/held" {
				close(held)
				<-gate
			}
			_, _ = io.WriteString(w, "whole")
		},
	}
	signals := make(chan os.Signal, 1)
	ended := make(chan error, 1)
	settings := Settings{Address: address, DrainDelay: time.Minute, ShutdownTimeout: 20 * time.Second}
	go func() { ended <- serve(function, settings, newLogger(io.Discard, settings), signals) }()
	until(t, "a port that is open", func() bool {
		connection, err := net.Dial("tcp", address)
		if err == nil {
			connection.Close()
		}
		return err == nil
	})
	answered := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + address + "/held")
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		answered <- string(text)
	}()
	<-held
	signals <- syscall.SIGTERM
	status := func(path string) int {
		response, err := http.Get("http://" + address + path)
		if err != nil {
			return 0
		}
		response.Body.Close()
		return response.StatusCode
	}
	until(t, "a function that is not ready", func() bool { return status("/_/ready") == 503 })
	if got := status("/"); got != 200 {
		t.Errorf("a request while it drains: %d", got)
	}
	signals <- syscall.SIGINT
	close(gate)
	if got := <-answered; got != "whole" {
		t.Errorf("the request in flight: %s", got)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := strings.Join(order, " "); got != "init shutdown" {
		t.Errorf("got %s", got)
	}
}

func TestAnInitThatFailsEndsTheStart(t *testing.T) {
	function := Function{Handle: func(http.ResponseWriter, *http.Request) {}, Init: func(context.Context) error { return errors.New("no database") }}
	if err := serve(function, Settings{}, newLogger(io.Discard, Settings{}), nil); err == nil || !strings.Contains(err.Error(), "no database") {
		t.Errorf("got %v", err)
	}
	if err := serve(Function{}, Settings{}, newLogger(io.Discard, Settings{}), nil); err == nil {
		t.Error("nothing to serve is no error")
	}
}
