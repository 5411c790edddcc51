package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/openfaas/faas-provider/types"
)

// How long an update waits for the new replicas before it ends the old ones.
const patience = 20 * time.Second

// The body of a request, which has come whole, or a 400.
func body[T any](r *http.Request) (T, error) {
	var read T
	text, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil {
		return read, refusal{400, "the body is no JSON of the expected form: " + err.Error()}
	}
	return read, nil
}

// The end of every handler that changes something.
func done(w http.ResponseWriter, code int, err error) {
	var refused refusal
	switch {
	case err == nil:
		w.WriteHeader(code)
	case errors.As(err, &refused):
		http.Error(w, refused.text, refused.code)
	default:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (c *cluster) deploy(w http.ResponseWriter, r *http.Request) {
	spec, err := body[types.FunctionDeployment](r)
	if err == nil {
		err = c.create(spec)
	}
	done(w, http.StatusAccepted, err)
}

func (c *cluster) create(spec types.FunctionDeployment) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	f, key, err := c.prepare(spec)
	if err != nil {
		return err
	}
	if _, taken := c.functions[key]; taken {
		return refusal{http.StatusConflict, "there is a function of that name"}
	}
	c.functions[key] = f
	return c.resize(f, least(spec))
}

func (c *cluster) update(w http.ResponseWriter, r *http.Request) {
	spec, err := body[types.FunctionDeployment](r)
	if err == nil {
		err = c.replace(spec)
	}
	done(w, http.StatusAccepted, err)
}

// The old replicas answer until a new one does.
func (c *cluster) replace(spec types.FunctionDeployment) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	key, err := c.key(spec.Namespace, spec.Service)
	if err != nil {
		return err
	}
	old, known := c.functions[key]
	if !known {
		return refusal{http.StatusNotFound, "no such function"}
	}
	f, _, err := c.prepare(spec)
	if err != nil {
		return err
	}
	f.created, f.number, f.previous = old.created, old.number, append(old.replicas, old.previous...)
	if err := c.resize(f, max(len(old.replicas), least(spec))); err != nil {
		return err
	}
	c.functions[key] = f
	go c.retire(f)
	return nil
}

// Ends the old replicas once a new one answers, or never will.
func (c *cluster) retire(f *function) {
	deadline := time.Now().Add(patience)
	for {
		c.mutex.Lock()
		over := len(f.replicas) == 0 || len(ready(f.replicas)) > 0 || time.Now().After(deadline)
		if over {
			stop(f.previous)
			f.previous = nil
		}
		c.mutex.Unlock()
		if over {
			return
		}
		time.Sleep(between / 5)
	}
}

// The label that sets how many there are at least.
func least(spec types.FunctionDeployment) int {
	count := 1
	if spec.Labels != nil {
		count = types.ParseIntValue((*spec.Labels)["com.openfaas.scale.min"], 1)
	}
	return min(max(count, 1), 20)
}

func (c *cluster) remove(w http.ResponseWriter, r *http.Request) {
	asked, err := body[types.DeleteFunctionRequest](r)
	if err == nil && asked.FunctionName == "" {
		err = refusal{http.StatusBadRequest, "functionName is missing"}
	}
	if err == nil {
		err = c.change(cmp.Or(asked.Namespace, r.URL.Query().Get("namespace")), asked.FunctionName, func(key string, f *function) error {
			delete(c.functions, key)
			stop(f.previous)
			return c.resize(f, 0)
		})
	}
	done(w, http.StatusAccepted, err)
}

func (c *cluster) scale(w http.ResponseWriter, r *http.Request) {
	asked, err := body[types.ScaleServiceRequest](r)
	if err == nil && asked.Replicas > 20 {
		err = refusal{http.StatusBadRequest, "at most 20 replicas"}
	}
	if err == nil {
		err = c.change(cmp.Or(asked.Namespace, r.URL.Query().Get("namespace")), mux.Vars(r)["name"], func(_ string, f *function) error {
			return c.resize(f, int(asked.Replicas))
		})
	}
	done(w, http.StatusAccepted, err)
}

func (c *cluster) change(namespace, name string, how func(string, *function) error) error {
	key, err := c.key(namespace, name)
	if err != nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	f, known := c.functions[key]
	if !known {
		return refusal{http.StatusNotFound, "no such function"}
	}
	return how(key, f)
}

func (c *cluster) status(w http.ResponseWriter, r *http.Request) {
	var told types.FunctionStatus
	err := c.change(r.URL.Query().Get("namespace"), mux.Vars(r)["name"], func(_ string, f *function) error {
		told = f.status()
		return nil
	})
	if err != nil {
		done(w, 0, err)
		return
	}
	answer(w, http.StatusOK, told)
}

func (c *cluster) list(w http.ResponseWriter, r *http.Request) {
	prefix, err := c.key(r.URL.Query().Get("namespace"), "")
	if err != nil {
		done(w, 0, err)
		return
	}
	c.mutex.Lock()
	listed := []types.FunctionStatus{}
	for key, f := range c.functions {
		if strings.HasPrefix(key, prefix) {
			listed = append(listed, f.status())
		}
	}
	c.mutex.Unlock()
	slices.SortFunc(listed, func(a, b types.FunctionStatus) int { return cmp.Compare(a.Name, b.Name) })
	answer(w, http.StatusOK, listed)
}

// Limits are not told, since a process here has none.
func (f *function) status() types.FunctionStatus {
	return types.FunctionStatus{
		Name: f.spec.Service, Image: f.spec.Image, Namespace: f.spec.Namespace, EnvProcess: f.spec.EnvProcess, EnvVars: f.spec.EnvVars,
		Constraints: f.spec.Constraints, Secrets: f.spec.Secrets, Labels: f.spec.Labels, Annotations: f.spec.Annotations,
		ReadOnlyRootFilesystem: f.spec.ReadOnlyRootFilesystem, CreatedAt: f.created,
		Replicas: uint64(len(f.replicas)), AvailableReplicas: uint64(len(ready(f.replicas))),
	}
}
