package main

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// What an archive of an image says, and where its files were laid out.
type image struct {
	root   string
	config struct {
		Config struct {
			Env        []string
			Entrypoint []string
			Cmd        []string
			User       string
		} `json:"config"`
	}
}

// Every archive of the folder, under the names it has.
func loadImages(folder string) (map[string]*image, error) {
	archives, err := filepath.Glob(filepath.Join(folder, "*.tar"))
	if err != nil || len(archives) == 0 {
		return nil, fmt.Errorf("no archives of images in PROBES=%q", folder)
	}
	images := map[string]*image{}
	for _, archive := range archives {
		if err := loadImage(archive, images); err != nil {
			return nil, fmt.Errorf("%s: %w", archive, err)
		}
	}
	return images, nil
}

func loadImage(archive string, images map[string]*image) error {
	files, err := os.MkdirTemp("", "archive")
	if err != nil {
		return err
	}
	defer os.RemoveAll(files)
	if err := unpack(archive, files); err != nil {
		return err
	}
	var listing []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	if err := readJSON(filepath.Join(files, "manifest.json"), &listing); err != nil {
		return err
	}
	for _, entry := range listing {
		made := &image{}
		if made.root, err = os.MkdirTemp("", "image"); err != nil {
			return err
		}
		if err := os.Chmod(made.root, 0o755); err != nil {
			return err
		}
		if err := readJSON(filepath.Join(files, entry.Config), &made.config); err != nil {
			return err
		}
		for _, folder := range []string{"dev", "proc", "tmp", "var/openfaas/secrets"} {
			if err := os.MkdirAll(filepath.Join(made.root, folder), 0o755); err != nil {
				return err
			}
		}
		for _, layer := range entry.Layers {
			if err := unpack(filepath.Join(files, layer), made.root); err != nil {
				return err
			}
		}
		for _, name := range entry.RepoTags {
			images[name] = made
		}
	}
	return nil
}

// Folders and plain files, which is all that our own images have.
func unpack(archive, into string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	for reader := tar.NewReader(file); ; {
		entry, err := reader.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		place := filepath.Join(into, path.Clean("/"+entry.Name))
		if entry.Typeflag == tar.TypeDir {
			err = os.MkdirAll(place, 0o755)
		} else {
			err = writeFile(place, reader)
		}
		if err == nil {
			err = chmod(place, entry.Mode)
		}
		if err != nil {
			return err
		}
	}
}

func chmod(place string, mode int64) error {
	bits := os.FileMode(mode & 0o777)
	if mode&0o1000 != 0 {
		bits |= os.ModeSticky
	}
	return os.Chmod(place, bits)
}

func writeFile(place string, from io.Reader) error {
	file, err := os.Create(place)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, from); err != nil {
		return err
	}
	return file.Close()
}

func readJSON(place string, into any) error {
	text, err := os.ReadFile(place)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// The environment of a replica: the image's, then the deployment's, then what the provider decides.
func environment(parts ...[]string) []string {
	order, values := []string{}, map[string]string{}
	for _, part := range parts {
		for _, setting := range part {
			name, _, _ := strings.Cut(setting, "=")
			if _, known := values[name]; !known {
				order = append(order, name)
			}
			values[name] = setting
		}
	}
	result := []string{}
	for _, name := range order {
		result = append(result, values[name])
	}
	return result
}
