//go:build !linux

package egress

import "testing"

func needNamespace(t testing.TB) { t.Skip("needs a Linux network namespace") }
