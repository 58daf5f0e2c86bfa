package policy

import (
	"errors"
	"fmt"
	"sort"
	"time"
)

// MaxSize bounds a policy file, in bytes.
const MaxSize = 64 << 10

// maxElements bounds each list of a policy.
const maxElements = 1000

// Parse reads a policy. The name stands in messages and in what Where returns.
// Its error is an *Error: the first problem in the order of the file.
func Parse(name string, data []byte) (Policy, error) {
	text := newSource(name, data)
	if len(data) > MaxSize {
		return Policy{}, text.error(0, "", fmt.Sprintf("is larger than %d bytes", MaxSize))
	}
	if at := text.invalidByte(); at >= 0 {
		return Policy{}, text.error(at, "", "not valid UTF-8")
	}
	found, scanErr := scan(text)
	if scanErr != nil {
		return Policy{}, scanErr
	}
	doc, err := decode(data)
	if err != nil {
		return Policy{}, text.decodeError(err)
	}
	c := checker{policy: defaults(), doc: doc}
	c.policy.marks = found
	return c.check()
}

// checker turns a document into a policy. It goes through all of it and keeps
// every problem, so that the first in the file can be told, whatever the order
// of the checks.
type checker struct {
	policy Policy
	doc    document
	errs   []*Error
}

func (c *checker) check() (Policy, error) {
	c.head()
	c.workspace()
	c.tools()
	c.credentials()
	c.env()
	c.network()
	c.limits()
	c.loop()
	c.gates()
	if len(c.errs) == 0 {
		return c.policy, nil
	}
	sort.SliceStable(c.errs, func(i, j int) bool {
		a, b := c.errs[i], c.errs[j]
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
	return Policy{}, c.errs[0]
}

func (c *checker) has(key string) bool { return c.policy.Has(key) }

func (c *checker) fail(key, msg string) *Error {
	e := c.policy.ErrorAt(key, msg)
	c.errs = append(c.errs, e)
	return e
}

// problem notes an error about a key; nil is none.
func (c *checker) problem(key string, err error) {
	if err != nil {
		c.fail(key, err.Error())
	}
}

// choice takes one of a few words; not written, the default stays.
func (c *checker) choice(into *string, key, value string, options ...string) {
	if !c.has(key) {
		return
	}
	for _, o := range options {
		if o == value {
			*into = value
			return
		}
	}
	e := c.fail(key, quote(value)+" is not one of "+list(options))
	if near := nearest(value, options); near != "" {
		e.hint = "did you mean " + quote(near) + "?"
	}
}

// count takes a number within bounds; not written, the default stays.
func (c *checker) count(into *int64, key string, n, least, most int64) {
	if c.has(key) {
		c.problem(key, within(n, least, most))
		*into = n
	}
}

func (c *checker) size(into *int64, key, value string, least int64) {
	if !c.has(key) {
		return
	}
	n, err := parseSize(value)
	if err == nil && n < least {
		err = fmt.Errorf("is too small to work with: the least is %dMiB", least>>20)
	}
	c.problem(key, err)
	*into = n
}

func (c *checker) duration(into *time.Duration, key, value string) {
	if c.has(key) {
		d, err := parseDuration(value)
		c.problem(key, err)
		*into = d
	}
}

// each checks the elements of a list one by one.
func (c *checker) each(key string, items []string, check func(string) error) {
	if len(items) > maxElements {
		c.fail(key, fmt.Sprintf("holds more than %d elements", maxElements))
		return
	}
	for i, item := range items {
		c.problem(at(key, i), check(item))
	}
}

// at names an element of a list.
func at(key string, i int) string { return fmt.Sprintf("%s[%d]", key, i) }

var errEmpty = errors.New("is empty")
