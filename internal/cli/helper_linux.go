package cli

import "ringwall/internal/backend/native"

// helper acts as one of ringwall's own helpers, if it was started as one.
func helper(args []string) (code int, is bool) { return native.Helper(args) }
