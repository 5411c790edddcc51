package faas

import (
	"io"
	"log/slog"
	"sync"
)

// longest is how much of a line a log pump can be trusted to take in one piece.
const longest = 32 << 10

// newLogger writes text or JSON lines, each in one write.
func newLogger(out io.Writer, s Settings) *slog.Logger {
	var handler slog.Handler
	if s.LogJSON {
		handler = slog.NewJSONHandler(out, &slog.HandlerOptions{ReplaceAttr: shortened})
	} else {
		handler = slog.NewTextHandler(&split{out: out}, nil)
	}
	logger := slog.New(handler)
	if s.Function != "" {
		logger = logger.With("function", s.Function)
	}
	return logger
}

// shortened cuts a text that would make a line of JSON too long: half of one is no JSON.
func shortened(_ []string, attr slog.Attr) slog.Attr {
	if text := attr.Value.String(); attr.Value.Kind() == slog.KindString && len(text) > longest {
		attr.Value = slog.StringValue(text[:longest] + " ...")
	}
	return attr
}

// split breaks lines that are too long.
type split struct {
	lock sync.Mutex
	out  io.Writer
}

func (s *split) Write(line []byte) (int, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	rest := line
	for len(rest) > longest {
		if _, err := s.out.Write(append(append([]byte{}, rest[:longest]...), '\n')); err != nil {
			return 0, err
		}
		rest = rest[longest:]
	}
	_, err := s.out.Write(rest)
	return len(line), err
}
