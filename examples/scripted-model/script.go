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

// Step is one answer: a call of a tool, a text that ends the turn, or an HTTP
// error. An error comes before the step that follows it in the list and is no
// step of the conversation itself: the client's next try gets that step.
type Step struct {
	Tool  string         `json:"tool,omitempty"`
	Input map[string]any `json:"input,omitempty"`
	Text  string         `json:"text,omitempty"`
	Usage *Usage         `json:"usage,omitempty"` // what the answer says that it took

	Status int               `json:"status,omitempty"` // of an error, for example 429
	Header map[string]string `json:"header,omitempty"` // of an error, for example Retry-After
	Body   map[string]any    `json:"body,omitempty"`   // of an error; the API's own form if not given
	// Times is how often the error is answered in the life of the server, over
	// all conversations with this prompt; 0 is once.
	Times int `json:"times,omitempty"`
}

// Usage is the tokens that an answer reports.
type Usage struct {
	Input  int `json:"input"`
	Output int `json:"output"`
}

// usage is 10 and 10 where the script does not say: the numbers mean nothing
// then and are there because clients count them.
func (s Step) usage() Usage {
	if s.Usage == nil {
		return Usage{Input: 10, Output: 10}
	}
	return *s.Usage
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
		if err := step.check(); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		if err := step.expand(vars); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

// check refuses a step that is not exactly one of the three.
func (s *Step) check() error {
	isError := s.Status != 0
	switch {
	case isError && (s.Tool != "" || s.Text != "" || s.Input != nil || s.Usage != nil):
		return fmt.Errorf("an error takes no tool, text, input or usage")
	case isError && (s.Status < 400 || s.Status > 599):
		return fmt.Errorf("status %d is no error", s.Status)
	case isError:
		return nil
	case s.Header != nil || s.Body != nil || s.Times != 0:
		return fmt.Errorf("header, body and times belong to a status")
	case (s.Tool == "") == (s.Text == ""):
		return fmt.Errorf("wants either a tool or a text")
	case s.Text != "" && s.Input != nil:
		return fmt.Errorf("a text takes no input")
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

// At returns the step after that many results of tools, and the errors that
// come before it. Past the end it is a plain text, so that a client that goes
// on asking comes to an end too.
func (c Conversation) At(results int) (errors []*Step, step Step) {
	for i := range c.Steps {
		s := &c.Steps[i]
		switch {
		case s.Status != 0 && results == 0:
			errors = append(errors, s)
		case s.Status != 0:
		case results == 0:
			return errors, *s
		default:
			results--
		}
	}
	return errors, Step{Text: afterTheEnd}
}
