package faas

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Settings is what the environment says; what each means stands in templates/README.md.
// It refuses to guess: a value that cannot be read ends the start with one line that names it.
type Settings struct {
	Address         string
	ExecTimeout     time.Duration
	MaxBodyBytes    int64
	DrainDelay      time.Duration
	ShutdownTimeout time.Duration
	Heartbeat       time.Duration
	LogJSON         bool
	DebugErrors     bool
	Function        string
}

const mib = 1 << 20

// ReadSettings reads them by `lookup`, which is os.Getenv but in tests.
func ReadSettings(lookup func(string) string) (Settings, error) {
	r := reader{lookup: lookup}
	s := Settings{
		Address:      "0.0.0.0:" + strconv.FormatInt(r.number(8080, "port"), 10),
		ExecTimeout:  r.duration(0, "exec_timeout"),
		MaxBodyBytes: r.size(10*mib, "max_body_bytes"),
		Heartbeat:    r.duration(15*time.Second, "sse_heartbeat"),
		LogJSON:      lookup("log_format") == "json",
		DebugErrors:  r.flag("debug_errors"),
		Function:     lookup("OPENFAAS_NAME"),
	}
	if port := r.port("upstream_url", "http_upstream_url"); port != "" {
		s.Address = "127.0.0.1:" + port
	}
	write := r.duration(30*time.Second, "write_timeout")
	stop := write
	if stop == 0 {
		stop = 20 * time.Second
	}
	s.ShutdownTimeout = r.duration(stop, "shutdown_timeout")
	// A watchdog that has drained before it tells us to stop leaves us nothing to wait for. One that passes SIGTERM on at once goes on
	// sending requests for that long.
	if lookup("term_signal_timing") != "after_drain" {
		s.DrainDelay = r.duration(write, "drain_delay", "healthcheck_interval")
	}
	return s, errors.Join(r.problems...)
}

// reader takes the first of several names that is set; an empty one is none.
type reader struct {
	lookup   func(string) string
	problems []error
}

func (r *reader) first(names []string) (name, text string) {
	for _, name := range names {
		if text := r.lookup(name); text != "" {
			return name, text
		}
	}
	return "", ""
}

func (r *reader) refuse(name, text, expected string) {
	r.problems = append(r.problems, fmt.Errorf("%s=%q: %s", name, text, expected))
}

func (r *reader) duration(otherwise time.Duration, names ...string) time.Duration {
	name, text := r.first(names)
	if name == "" {
		return otherwise
	}
	value, err := parseDuration(text)
	if err != nil {
		r.refuse(name, text, "a duration is seconds (30), or 500ms, 1m30s, 1h")
	}
	return value
}

func parseDuration(text string) (time.Duration, error) {
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	value, err := time.ParseDuration(text)
	if err == nil && value < 0 {
		err = errors.New("negative")
	}
	return value, err
}

var sized = regexp.MustCompile(`^(\d+)(k|M|G|Ki|Mi|Gi)?$`)

var scales = map[string]int64{"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 1 << 10, "Mi": mib, "Gi": 1 << 30}

func (r *reader) size(otherwise int64, names ...string) int64 {
	name, text := r.first(names)
	if name == "" {
		return otherwise
	}
	match := sized.FindStringSubmatch(text)
	if match == nil {
		r.refuse(name, text, "a number of bytes may end in k, M, G, Ki, Mi or Gi")
		return otherwise
	}
	value, err := strconv.ParseInt(match[1], 10, 32)
	if err != nil {
		r.refuse(name, text, "a number of bytes is at most 2147483647 with one of k, M, G, Ki, Mi, Gi")
	}
	return value * scales[match[2]]
}

func (r *reader) number(otherwise int64, names ...string) int64 {
	name, text := r.first(names)
	if name == "" {
		return otherwise
	}
	value, err := strconv.ParseUint(text, 10, 16)
	if err != nil || value == 0 {
		r.refuse(name, text, "a whole number from 1 to 65535 is expected")
	}
	return int64(value)
}

func (r *reader) flag(name string) bool {
	switch strings.ToLower(r.lookup(name)) {
	case "true", "1", "t":
		return true
	case "", "false", "0", "f":
		return false
	}
	r.refuse(name, r.lookup(name), "true or false is expected")
	return false
}

// port is that of the `upstream_url` that the watchdog was given: that is where it will look for us.
func (r *reader) port(names ...string) string {
	name, text := r.first(names)
	if name == "" {
		return ""
	}
	found, err := url.Parse(text)
	if err != nil || found.Port() == "" {
		r.refuse(name, text, "http://127.0.0.1:PORT is expected")
		return ""
	}
	return found.Port()
}
