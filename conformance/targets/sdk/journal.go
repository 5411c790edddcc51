package main

import (
	"context"
	"sync"
	"time"

	"github.com/openfaas/faas-provider/logs"
)

// The lines of all functions, oldest first, and who waits for more.
type journal struct {
	mutex sync.Mutex
	lines []logs.Message
	more  chan struct{}
}

func (j *journal) add(name, namespace, instance, text string) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.lines = append(j.lines, logs.Message{Name: name, Namespace: namespace, Instance: instance, Timestamp: time.Now(), Text: text})
	if j.more != nil {
		close(j.more)
		j.more = nil
	}
}

// What came after the first `seen`, how many there are now, and what closes when there are more.
func (j *journal) after(seen int) ([]logs.Message, int, chan struct{}) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if j.more == nil {
		j.more = make(chan struct{})
	}
	return j.lines[seen:], len(j.lines), j.more
}

// Query is what the SDK's handler asks for the lines of a function.
func (c *cluster) Query(ctx context.Context, asked logs.Request) (<-chan logs.Message, error) {
	key, err := c.key(asked.Namespace, asked.Name)
	if err != nil {
		return nil, err
	}
	c.mutex.Lock()
	f, known := c.functions[key]
	c.mutex.Unlock()
	if !known {
		return nil, refusal{404, "no such function"}
	}
	stream := make(chan logs.Message)
	go c.journal.send(ctx, asked, f, stream)
	return stream, nil
}

func (j *journal) send(ctx context.Context, asked logs.Request, f *function, stream chan<- logs.Message) {
	defer close(stream)
	lines, seen, more := j.after(0)
	lines = chosen(lines, asked, f)
	if asked.Tail > 0 && len(lines) > asked.Tail {
		lines = lines[len(lines)-asked.Tail:]
	}
	for {
		for _, line := range lines {
			select {
			case stream <- line:
			case <-ctx.Done():
				return
			}
		}
		if !asked.Follow {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			return
		}
		lines, seen, more = j.after(seen)
		lines = chosen(lines, asked, f)
	}
}

// A function of the same name that was there before has lines of its own.
func chosen(lines []logs.Message, asked logs.Request, f *function) []logs.Message {
	found := []logs.Message{}
	for _, line := range lines {
		if line.Name == f.spec.Service && line.Namespace == f.spec.Namespace && !line.Timestamp.Before(f.created) &&
			(asked.Instance == "" || line.Instance == asked.Instance) && (asked.Since == nil || !line.Timestamp.Before(*asked.Since)) {
			found = append(found, line)
		}
	}
	return found
}
