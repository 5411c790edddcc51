package main

import (
	"cmp"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/openfaas/faas-provider/types"
)

var subdomain = regexp.MustCompile(`^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$`)

func (c *cluster) secrets(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		c.names(w, r)
		return
	}
	secret, err := body[types.Secret](r)
	if err == nil {
		err = c.store(r.Method, secret, cmp.Or(secret.Namespace, r.URL.Query().Get("namespace")))
	}
	code := http.StatusOK
	if r.Method == http.MethodPost {
		code = http.StatusCreated
	}
	done(w, code, err)
}

// A function sees the values of the time when it was deployed.
func (c *cluster) store(method string, secret types.Secret, namespace string) error {
	key, err := c.key(namespace, secret.Name)
	if err != nil {
		return err
	}
	if !subdomain.MatchString(secret.Name) || strings.Contains(secret.Name, "..") {
		return refusal{http.StatusBadRequest, "the name of a secret has a-z, 0-9, - and ."}
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	_, known := c.vault[key]
	switch {
	case method == http.MethodPost && known:
		return refusal{http.StatusConflict, "there is a secret of that name"}
	case method != http.MethodPost && !known:
		return refusal{http.StatusNotFound, "no such secret"}
	case method == http.MethodDelete:
		delete(c.vault, key)
	case secret.Value != "":
		c.vault[key] = []byte(secret.Value)
	default:
		c.vault[key] = secret.RawValue
	}
	return nil
}

func (c *cluster) names(w http.ResponseWriter, r *http.Request) {
	prefix, err := c.key(r.URL.Query().Get("namespace"), "")
	if err != nil {
		done(w, 0, err)
		return
	}
	c.mutex.Lock()
	listed := []types.Secret{}
	for key := range c.vault {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			listed = append(listed, types.Secret{Name: name, Namespace: strings.TrimSuffix(prefix, "/")})
		}
	}
	c.mutex.Unlock()
	slices.SortFunc(listed, func(a, b types.Secret) int { return cmp.Compare(a.Name, b.Name) })
	answer(w, http.StatusOK, listed)
}
