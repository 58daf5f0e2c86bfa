// Scripted-model answers in place of a language model. It speaks the
// model APIs that apis lists, on loopback, and says step by step what a script
// tells it to. With it the real Claude Code and others run without an account,
// a key or a network, and always do the same.
//
// It is an example and a test tool. It thinks nothing, and it is no part of
// ringwall.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

// variables collects the -set flags.
type variables map[string]string

func (v variables) String() string { return "" }

// Set takes one NAME=VALUE.
func (v variables) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return fmt.Errorf("%q is not NAME=VALUE", s)
	}
	v[name] = value
	return nil
}

// run serves until it is told to stop. Its first line of output is the
// address, so that the one who started it knows when and where it answers.
func run(args []string, out io.Writer) error {
	vars := variables{}
	flags := flag.NewFlagSet("scripted-model", flag.ContinueOnError)
	script := flags.String("script", "", "the JSON `file` with the steps")
	listen := flags.String("listen", "127.0.0.1:0", "loopback `address` to answer on")
	log := flags.String("log", "", "append one JSON line for each request to this `file`")
	flags.Var(vars, "set", "`NAME=VALUE` that stands for ${NAME} in the script; may be repeated")
	if err := flags.Parse(args); err != nil {
		return err
	}
	handler, err := newHandler(*script, *log, vars)
	if err != nil {
		return err
	}
	listener, err := listenLoopback(*listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return serve(ctx, listener, handler)
}

// newHandler reads the script and opens the log.
func newHandler(script, log string, vars variables) (*Server, error) {
	data, err := os.ReadFile(script)
	if err != nil {
		return nil, fmt.Errorf("read the script: %w", err)
	}
	s, err := ParseScript(data, vars)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", script, err)
	}
	if log == "" {
		return NewServer(s, io.Discard), nil
	}
	// Not for everyone's eyes: the log holds the key that arrived.
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return NewServer(s, file), nil
}

// listenLoopback refuses any address that another machine could reach.
func listenLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w", address, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen on %q: not a loopback address", address)
	}
	return net.Listen("tcp", address)
}

// serve answers until the context ends.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
