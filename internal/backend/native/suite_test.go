package native

import (
	"testing"

	"ringwall/internal/backend/backendtest"
)

func TestSuite(t *testing.T) { backendtest.Suite(t, target(t)) }
