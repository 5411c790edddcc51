package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGlueHasWhatTheFunctionExports(t *testing.T) {
	folder := t.TempDir()
	files := map[string]string{
		"handler.go":      "package function\nfunc Handle() {}\nfunc helper() {}\ntype T struct{}\nfunc (T) Ready() {}\n",
		"hooks.go":        "package function\nfunc Init() {}\n",
		"handler_test.go": "package function\nfunc Shutdown() {}\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exports, err := exported(folder)
	if err != nil {
		t.Fatal(err)
	}
	text := glue(exports)
	for _, want := range []string{"Handle:", "Init:"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	for _, not := range []string{"Ready:", "Shutdown:", "helper"} {
		if strings.Contains(text, not) {
			t.Errorf("%s in\n%s", not, text)
		}
	}
}

func TestAFileThatIsNoGoIsNamed(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "bad.go"), []byte("package"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := exported(folder); err == nil || !strings.Contains(err.Error(), "bad.go") {
		t.Errorf("got %v", err)
	}
}
