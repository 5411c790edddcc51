package function

import (
	"fmt"
	"io"
	"net/http"
)

// Handle answers a request.
func Handle(w http.ResponseWriter, r *http.Request) {
	name, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if len(name) == 0 {
		name = []byte("world")
	}
	fmt.Fprintf(w, "Hello, %s!", name)
}
