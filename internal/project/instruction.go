package project

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"unicode/utf8"
)

// The instruction files, in the order in which they go into a prompt.
const (
	Constitution = "CONSTITUTION.md"
	Playbook     = "AGENT_PLAYBOOK.md"
	Task         = "PROMPT.md"
)

// InstructionFiles lists the three names in order.
func InstructionFiles() []string { return []string{Constitution, Playbook, Task} }

// MaxInstruction bounds one instruction file, in bytes. All three go into every
// prompt.
const MaxInstruction = 128 << 10

// instructions takes the snapshot of the files that go into the prompts.
func (in *inspector) instructions() error {
	for _, name := range InstructionFiles() {
		text, err := in.readThrough(name, MaxInstruction)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case errors.Is(err, errTooLarge):
			return &Error{Kind: BadText, Path: name, Msg: fmt.Sprintf("larger than %d KiB", MaxInstruction>>10),
				Fix: "it goes into every prompt: shorten it"}
		case err != nil:
			return &Error{Kind: BadText, Path: name, Msg: "cannot be read", Err: err}
		case !utf8.Valid(text):
			return &Error{Kind: BadText, Path: name, Msg: "not valid UTF-8", Fix: "save it as UTF-8"}
		}
		sum := sha256.Sum256(text)
		in.facts.Instructions = append(in.facts.Instructions,
			Instruction{Name: name, Path: name, Content: string(text), SHA256: hex.EncodeToString(sum[:])})
	}
	return nil
}

// Instruction returns the snapshot of that name.
func (f Facts) Instruction(name string) (Instruction, bool) {
	for _, i := range f.Instructions {
		if i.Name == name {
			return i, true
		}
	}
	return Instruction{}, false
}
