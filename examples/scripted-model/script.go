package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Script is what the stand-in says. The first conversation whose When occurs
// in the prompt is used; an empty When fits any prompt.
type Script struct {
	Conversations []Conversation `json:"conversations"`
}

// Conversation is the list of answers to one prompt.
type Conversation struct {
	When  string `json:"when,omitempty"`
	Steps []Step `json:"steps"`
}

// Step is one answer: a call of a tool, or a text that ends the turn.
type Step struct {
	Tool  string         `json:"tool,omitempty"`
	Input map[string]any `json:"input,omitempty"`
	Text  string         `json:"text,omitempty"`
}

// afterTheEnd is said when a conversation goes on longer than its script.
const afterTheEnd = "The script has no further step."

// ParseScript reads a script and puts the values of vars in place of ${NAME}
// in its strings. A field or a name that it does not know is an error, so that
// a misspelt script does not pass as a short one.
func ParseScript(data []byte, vars map[string]string) (Script, error) {
	var s Script
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return Script{}, fmt.Errorf("not a script: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Script{}, fmt.Errorf("not a script: more than one JSON value")
	}
	if len(s.Conversations) == 0 {
		return Script{}, fmt.Errorf("the script has no conversation")
	}
	for i := range s.Conversations {
		if err := s.Conversations[i].resolve(vars); err != nil {
			return Script{}, fmt.Errorf("conversation %d: %w", i+1, err)
		}
	}
	return s, nil
}

// resolve checks each step and fills in the variables.
func (c *Conversation) resolve(vars map[string]string) error {
	if len(c.Steps) == 0 {
		return fmt.Errorf("no steps")
	}
	for i := range c.Steps {
		step := &c.Steps[i]
		if (step.Tool == "") == (step.Text == "") {
			return fmt.Errorf("step %d: wants either a tool or a text", i+1)
		}
		if step.Text != "" && step.Input != nil {
			return fmt.Errorf("step %d: a text takes no input", i+1)
		}
		if err := step.expand(vars); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

// expand fills in the variables of one step. A tool without input gets the
// empty object, which the protocol wants.
func (s *Step) expand(vars map[string]string) error {
	text, err := expandString(s.Text, vars)
	if err != nil {
		return err
	}
	s.Text = text
	if s.Tool != "" && s.Input == nil {
		s.Input = map[string]any{}
	}
	for key, value := range s.Input {
		old, isText := value.(string)
		if !isText {
			continue
		}
		if s.Input[key], err = expandString(old, vars); err != nil {
			return err
		}
	}
	return nil
}

// expandString replaces each ${NAME}. "$" alone stays, so that shell text with
// "$1" or "$(...)" can be written as it is.
func expandString(s string, vars map[string]string) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(s, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		value, known := vars[name]
		if !closed || !known {
			return "", fmt.Errorf("no value for ${%s}: use -set %s=VALUE", name, name)
		}
		out.WriteString(value)
		s = after
	}
}

// Find returns the conversation for a prompt.
func (s Script) Find(prompt string) (Conversation, bool) {
	for _, c := range s.Conversations {
		if strings.Contains(prompt, c.When) {
			return c, true
		}
	}
	return Conversation{}, false
}

// At returns the step with that index. Past the end it is a plain text, so
// that a client that goes on asking comes to an end too.
func (c Conversation) At(index int) Step {
	if index < len(c.Steps) {
		return c.Steps[index]
	}
	return Step{Text: afterTheEnd}
}
