//go:build !linux

package cli

// waiting is a first process that was started early: there is none here.
type waiting struct{}
