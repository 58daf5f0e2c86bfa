package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// gateway lets bench/gateway measure, which makes a network of its own for it.
// What it leaves out, and why, it says itself.
func gateway(p *place) ([]row, error) {
	cmd := p.command(p.folder("gateway"), p.gateway, fmt.Sprintf("-rounds=%d", max(3, p.rounds/20)))
	cmd.Env = append(cmd.Env, "RINGWALL_TEST_BIN="+filepath.Dir(p.ringwall))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var got struct {
		Rows []row `json:"rows"`
	}
	err = json.Unmarshal(out, &got)
	return got.Rows, err
}
