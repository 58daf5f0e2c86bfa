//go:build !linux

package cli

func helper([]string) (int, bool) { return 0, false }
