//go:build linux

package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// keys NAME VALUE...: starts a service on loopback until the script ends that
// takes any of the values as a bearer token, says "granted" and repeats what it
// got. Its port is put into $NAME.
func cmdKeys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: keys NAME VALUE...")
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := r.Header.Get("Authorization")
		if token, ok := strings.CutPrefix(got, "Bearer "); !ok || !slices.Contains(args[1:], token) {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintln(w, "not granted:", got)
			return
		}
		w.Header().Set("X-Your-Key", got)
		fmt.Fprintln(w, "granted:", got)
	}))
	ts.Defer(srv.Close)
	ts.Setenv(args[0], srv.URL[strings.LastIndexByte(srv.URL, ':')+1:])
}

// fill FILE: puts the values of variables into a file, for what is only known
// when the script runs.
func cmdFill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fill FILE")
	}
	name := ts.MkAbs(args[0])
	text, err := os.ReadFile(name)
	ts.Check(err)
	filled := os.Expand(string(text), ts.Getenv)
	ts.Check(os.WriteFile(name, []byte(filled), 0o644))
}
