package faas

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Main serves the function until it is told to stop, and is the exit code.
func Main(function Function) int {
	settings, err := ReadSettings(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 64
	}
	logger := newLogger(os.Stderr, settings)
	slog.SetDefault(logger)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	if err := serve(function, settings, logger, signals); err != nil {
		logger.Error("the function has failed", "error", err)
		return 1
	}
	return 0
}

// serve goes from Init to Shutdown: the port opens after the one, and the other runs when everything is answered.
func serve(function Function, settings Settings, logger *slog.Logger, signals <-chan os.Signal) error {
	if function.Handle == nil && function.OnCloudEvent == nil {
		return errors.New("the function has neither Handle nor OnCloudEvent")
	}
	ctx := context.Background()
	if function.Init != nil {
		if err := function.Init(ctx); err != nil {
			return fmt.Errorf("init: %w", err)
		}
	}
	listener, err := net.Listen("tcp", settings.Address)
	if err != nil {
		return err
	}
	guard := &guard{function: function, settings: settings, log: logger}
	// The watchdog bounds uploads, answers and silences by settings of its own; a second limit here would be another one.
	server := &http.Server{Handler: guard, IdleTimeout: 75 * time.Second, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn)}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case told := <-signals:
		guard.draining.Store(true)
		if told == syscall.SIGTERM {
			wait(settings.DrainDelay, signals)
		}
	}
	stopping, cancel := context.WithTimeout(ctx, settings.ShutdownTimeout)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		logger.Warn("not everything was answered in time", "error", err)
	}
	if function.Shutdown != nil {
		return function.Shutdown(ctx)
	}
	return nil
}

// wait goes on for so long, or until somebody is in a hurry.
func wait(delay time.Duration, signals <-chan os.Signal) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return
		case told := <-signals:
			if told == syscall.SIGINT {
				return
			}
		}
	}
}
