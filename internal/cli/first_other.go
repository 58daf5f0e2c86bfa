//go:build !linux

package cli

func firstProcess([]string) (int, bool) { return 0, false }
