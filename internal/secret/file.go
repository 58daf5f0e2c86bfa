package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// maxFile bounds a file with a secret, in bytes.
const maxFile = 1 << 20

// file reads a secret out of a file, or out of a part of one.
func (r *Reader) file(name, at string) (string, error) {
	b, err := r.readFile(name)
	if err != nil || at == "" {
		return string(b), err
	}
	return lookUp(b, at, name)
}

// readFile follows links: the path is the owner's. Only what has an end is read.
func (r *Reader) readFile(name string) ([]byte, error) {
	f, err := openPlain(r.path(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a file", name)
	case othersRead(info):
		r.warn("%s can be read by other users: chmod 600 %s", name, name)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s is larger than %d MiB", name, maxFile>>20)
	}
	return b, err
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// lookUp follows names and numbers to a text in a document.
func lookUp(doc []byte, at, name string) (string, error) {
	v, err := parse(doc)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	for _, part := range strings.Split(at, ".") {
		if v = child(v, part); v == nil {
			return "", fmt.Errorf("%s has no %s", name, at)
		}
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case map[string]any: // the key of a cloud, with its identifier
		b, err := json.Marshal(v)
		return string(b), err
	}
	return "", fmt.Errorf("%s in %s is not a text", at, name)
}

func child(v any, part string) any {
	switch v := v.(type) {
	case map[string]any:
		return v[part]
	case []any:
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(v) {
			return v[i]
		}
	}
	return nil
}

// parse reads one document and nothing after it. The decoder's own errors quote
// what they read.
func parse(doc []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil || d.More() {
		return nil, errors.New("it is not valid JSON")
	}
	return v, nil
}
