// Package faas serves a function in Go over HTTP behind a watchdog.
//
// It knows a handler, its hooks, and the lifecycle around them.
// It refuses to know what a function is about.
package faas

import (
	"context"
	"net/http"
)

// Function is what a function's package offers. Every field but one of the two handlers may be nil.
type Function struct {
	// Handle answers requests.
	Handle http.HandlerFunc
	// OnCloudEvent answers requests that carry CloudEvents; an event that it returns goes back the way its own came.
	OnCloudEvent func(ctx context.Context, event CloudEvent) (*CloudEvent, error)
	// Init is over before the port opens.
	Init func(ctx context.Context) error
	// Ready says whether requests may come.
	Ready func(ctx context.Context) error
	// Shutdown runs when everything is answered.
	Shutdown func(ctx context.Context) error
}

// Error is an answer that a handler of CloudEvents returns: the message is for the caller.
type Error struct {
	Status  int
	Message string
}

func (e *Error) Error() string { return e.Message }
