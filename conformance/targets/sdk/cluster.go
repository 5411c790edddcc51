package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/openfaas/faas-provider/types"
)

// Everything the provider knows, by namespace and name: `namespace/name`.
type cluster struct {
	images     map[string]*image
	namespaces []string

	mutex     sync.Mutex
	functions map[string]*function
	vault     map[string][]byte
	journal   journal
}

type function struct {
	spec     types.FunctionDeployment
	image    *image
	mounted  string // the folder of its secrets
	created  time.Time
	replicas []*replica
	previous []*replica // those of before an update, until one of these answers
	number   int
}

// What is wrong with a request, and the status that says so.
type refusal struct {
	code int
	text string
}

func (r refusal) Error() string { return r.text }

var label = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

func newCluster(images map[string]*image, namespaces []string) *cluster {
	return &cluster{images: images, namespaces: namespaces, functions: map[string]*function{}, vault: map[string][]byte{}}
}

// The place of a name in a namespace; the first namespace is the default.
func (c *cluster) key(namespace, name string) (string, error) {
	if namespace == "" {
		namespace = c.namespaces[0]
	}
	if !slices.Contains(c.namespaces, namespace) {
		return "", refusal{400, fmt.Sprintf("no namespace %q: there are %s", namespace, strings.Join(c.namespaces, ", "))}
	}
	return namespace + "/" + name, nil
}

// A deployment as it is to run, or why it cannot. Called with the lock held.
func (c *cluster) prepare(spec types.FunctionDeployment) (*function, string, error) {
	if spec.Namespace == "" {
		spec.Namespace = c.namespaces[0]
	}
	key, err := c.key(spec.Namespace, spec.Service)
	if err != nil {
		return nil, "", err
	}
	if !label.MatchString(spec.Service) {
		return nil, "", refusal{400, fmt.Sprintf("service %q is no DNS label: at most 63 of a-z, 0-9 and -", spec.Service)}
	}
	image, known := c.images[spec.Image]
	if !known {
		return nil, "", refusal{400, fmt.Sprintf("image %q is none of those that lie beside this provider", spec.Image)}
	}
	mounted, err := c.mount(spec)
	if err != nil {
		return nil, "", err
	}
	return &function{spec: spec, image: image, mounted: mounted, created: time.Now()}, key, nil
}

func (c *cluster) mount(spec types.FunctionDeployment) (string, error) {
	folder, err := os.MkdirTemp("", "secrets")
	if err != nil {
		return "", err
	}
	for _, name := range spec.Secrets {
		value, known := c.vault[spec.Namespace+"/"+name]
		if !known {
			return "", refusal{400, fmt.Sprintf("no secret %q in namespace %q", name, spec.Namespace)}
		}
		if err := os.WriteFile(filepath.Join(folder, name), value, 0o644); err != nil {
			return "", err
		}
	}
	return folder, os.Chmod(folder, 0o755)
}

func (f *function) settings() []string {
	settings := []string{}
	for name, value := range f.spec.EnvVars {
		settings = append(settings, name+"="+value)
	}
	if f.spec.EnvProcess != "" {
		settings = append(settings, "fprocess="+f.spec.EnvProcess)
	}
	return settings
}

// As many replicas as are wanted. Called with the lock held.
func (c *cluster) resize(f *function, wanted int) error {
	for len(f.replicas) < wanted {
		f.number++
		one, err := newReplica(f, f.number, func(instance, text string) {
			c.journal.add(f.spec.Service, f.spec.Namespace, instance, text)
		})
		if err != nil {
			return err
		}
		f.replicas = append(f.replicas, one)
	}
	if len(f.replicas) > wanted {
		stop(f.replicas[wanted:])
		f.replicas = f.replicas[:wanted]
	}
	return nil
}

// Resolve is what the SDK's proxy asks for the address of a function, by NAME or NAME.NAMESPACE.
func (c *cluster) Resolve(name string) (url.URL, error) {
	namespace := ""
	if at := strings.LastIndex(name, "."); at >= 0 {
		name, namespace = name[:at], name[at+1:]
	}
	key, err := c.key(namespace, name)
	if err != nil {
		return url.URL{}, err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	f, known := c.functions[key]
	if !known {
		return url.URL{}, fmt.Errorf("no function %s", key)
	}
	candidates := ready(f.replicas)
	if len(candidates) == 0 {
		candidates = ready(f.previous)
	}
	if len(candidates) == 0 {
		return url.URL{}, errors.New("no replica is ready")
	}
	return url.URL{Scheme: "http", Host: candidates[rand.IntN(len(candidates))].address}, nil
}

func ready(replicas []*replica) []*replica {
	found := []*replica{}
	for _, one := range replicas {
		if one.answers() {
			found = append(found, one)
		}
	}
	return found
}

func stop(replicas []*replica) {
	for _, one := range replicas {
		one.once.Do(func() { close(one.stop) })
	}
}
