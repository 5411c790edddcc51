package function

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestItGreets(t *testing.T) {
	w := httptest.NewRecorder()
	Handle(w, httptest.NewRequest("POST", "/", strings.NewReader("you")))
	if got := w.Body.String(); got != "Hello, you!" {
		t.Errorf("got %q", got)
	}
}
