package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	grace   = 10 * time.Second
	between = 100 * time.Millisecond
)

// One process of a function, in a root of its own: the image's files, a /tmp, its secrets, nothing else. It is started again
// when it ends.
type replica struct {
	instance string
	address  string
	command  func() *exec.Cmd
	say      func(instance, text string)

	mutex   sync.Mutex
	running *exec.Cmd
	ready   bool
	once    sync.Once
	stop    chan struct{}
}

// What runs before the image's program: mounts of its own, then it gives up being root.
const enter = `set -e
root=$1 secrets=$2 read_only=$3 user=$4
shift 4
mount --bind "$root" /mnt
mount --bind /dev /mnt/dev
mount -t proc proc /mnt/proc
mount -t tmpfs -o mode=1777 tmpfs /mnt/tmp
mount --bind "$secrets" /mnt/var/openfaas/secrets
[ "$read_only" = false ] || mount -o remount,ro,bind /mnt
exec chroot --userspec="$user" /mnt "$@"`

func newReplica(f *function, number int, say func(instance, text string)) (*replica, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := listener.Addr().(*net.TCPAddr)
	listener.Close()
	config := f.image.config.Config
	settings := environment(config.Env, f.settings(), []string{fmt.Sprintf("port=%d", address.Port), "metrics_port=0"})
	words := []string{"--mount", "sh", "-c", enter, "sh", f.image.root, f.mounted, fmt.Sprint(f.spec.ReadOnlyRootFilesystem), config.User}
	words = append(append(words, config.Entrypoint...), config.Cmd...)
	one := &replica{
		instance: fmt.Sprintf("%s-%d-%d", f.spec.Service, number, address.Port), address: address.String(),
		say: say, stop: make(chan struct{}),
	}
	one.command = func() *exec.Cmd {
		command := exec.Command("unshare", words...)
		command.Env = settings
		return command
	}
	go one.live()
	return one, nil
}

// Starts it again and again until it is stopped.
func (one *replica) live() {
	for {
		one.run()
		select {
		case <-one.stop:
			return
		case <-time.After(5 * between):
		}
	}
}

func (one *replica) run() {
	command := one.command()
	lines, output := io.Pipe()
	command.Stdout, command.Stderr = output, output
	if err := command.Start(); err != nil {
		one.say(one.instance, err.Error())
		return
	}
	one.set(command, false)
	read := make(chan struct{})
	go func() { one.collect(lines); close(read) }()
	ended := make(chan struct{})
	go one.probe(command, ended)
	go one.end(command, ended)
	_ = command.Wait()
	close(ended)
	output.Close()
	<-read
	one.set(nil, false)
}

func (one *replica) collect(lines io.Reader) {
	reader := bufio.NewReader(lines)
	for {
		line, err := reader.ReadString('\n')
		if length := len(line); length > 0 && line[length-1] == '\n' {
			line = line[:length-1]
		}
		if line != "" {
			one.say(one.instance, line)
		}
		if err != nil {
			return
		}
	}
}

// Ready is who says so, asked again and again.
func (one *replica) probe(command *exec.Cmd, ended chan struct{}) {
	client := http.Client{Timeout: time.Second}
	pause := between
	for {
		select {
		case <-ended:
			return
		case <-time.After(pause):
		}
		reply, err := client.Get("http://" + one.address + "/_/ready")
		ready := err == nil && reply.StatusCode == http.StatusOK
		if err == nil {
			reply.Body.Close()
		}
		one.mutex.Lock()
		one.ready = ready && one.running == command
		one.mutex.Unlock()
		if pause = between; ready {
			pause = 5 * between
		}
	}
}

// Once it is to stop: asked first, then made to.
func (one *replica) end(command *exec.Cmd, ended chan struct{}) {
	select {
	case <-ended:
		return
	case <-one.stop:
	}
	one.set(nil, false)
	_ = command.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(grace):
		_ = command.Process.Kill()
	}
}

func (one *replica) set(command *exec.Cmd, ready bool) {
	one.mutex.Lock()
	defer one.mutex.Unlock()
	one.running, one.ready = command, ready
}

func (one *replica) answers() bool {
	one.mutex.Lock()
	defer one.mutex.Unlock()
	return one.ready
}
