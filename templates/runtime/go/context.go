package faas

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

type key struct{}

// call is what belongs to one request beyond its deadline and its end, which the context has already.
type call struct {
	id  string
	log *slog.Logger
}

func of(ctx context.Context) call {
	if known, ok := ctx.Value(key{}).(call); ok {
		return known
	}
	return call{log: slog.Default()}
}

// CallID is the id of the call that this is done for.
func CallID(ctx context.Context) string { return of(ctx).id }

// Log writes lines with the id of the call that this is done for.
func Log(ctx context.Context) *slog.Logger { return of(ctx).log }

var secretName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Secret is the secret of that name, without the newline at its end.
func Secret(name string) (string, error) {
	if !secretName.MatchString(name) {
		return "", fmt.Errorf("secret %q: a name has letters, digits, '.', '_' and '-' only", name)
	}
	folder := os.Getenv("secret_mount_path")
	if folder == "" {
		folder = "/var/openfaas/secrets"
	}
	content, err := os.ReadFile(filepath.Join(folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("secret %q is not mounted at %s", name, folder)
	}
	return strings.TrimSuffix(string(content), "\n"), err
}
