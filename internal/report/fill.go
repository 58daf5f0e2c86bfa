package report

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"text/template/parse"
)

// The page is a template of the standard library's language, and this file is
// what fills it in. The library's own packages look methods up by name, which
// keeps every method of every type in the program: 2.5 MB of it, and 0.1 ms of
// each start. Only a part of the language is known here, and anything else is
// an error. TestFillIsTheLibrary holds the result to what html/template makes
// of the same page, byte by byte.

// markup is text that is written as it is. Nothing of an event becomes one.
type markup string

// filler fills a page in.
type filler struct {
	funcs map[string]any
	root  reflect.Value // what $ stands for
	out   bytes.Buffer
}

// fill fills a template in with data.
func fill(text string, funcs map[string]any, data any) ([]byte, error) {
	f := &filler{funcs: map[string]any{"not": untrue, "eq": equal, "len": length}, root: reflect.ValueOf(data)}
	for name, fn := range funcs {
		f.funcs[name] = fn
	}
	trees, err := parse.Parse("page", text, "{{", "}}", f.funcs)
	if err != nil {
		return nil, err
	}
	err = f.node(trees["page"].Root, f.root)
	return f.out.Bytes(), err
}

func untrue(v any) bool      { return !isTrue(reflect.ValueOf(v)) }
func equal(a, b int) bool    { return a == b }
func length(list any) int    { return reflect.ValueOf(list).Len() }
func odd(n parse.Node) error { return fmt.Errorf("%s is not of the language that is known here", n) }

// isTrue: anything but nothing, zero and what is empty.
func isTrue(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() > 0
	case reflect.Struct:
		return true
	}
	return v.IsValid() && !v.IsZero()
}

// node fills in one part, with what its dot stands for.
func (f *filler) node(n parse.Node, dot reflect.Value) error {
	switch n := n.(type) {
	case *parse.ListNode:
		return f.list(n, dot)
	case *parse.TextNode:
		f.out.Write(n.Text)
	case *parse.ActionNode:
		v, err := f.pipe(n.Pipe, dot)
		if err != nil {
			return err
		}
		return f.print(n, v)
	case *parse.IfNode:
		return f.branch(&n.BranchNode, dot, false)
	case *parse.WithNode:
		return f.branch(&n.BranchNode, dot, true)
	case *parse.RangeNode:
		return f.each(&n.BranchNode, dot)
	default:
		return odd(n)
	}
	return nil
}

func (f *filler) list(l *parse.ListNode, dot reflect.Value) error {
	if l == nil { // no else
		return nil
	}
	for _, n := range l.Nodes {
		if err := f.node(n, dot); err != nil {
			return err
		}
	}
	return nil
}

// branch is an if, or a with, which moves the dot.
func (f *filler) branch(n *parse.BranchNode, dot reflect.Value, with bool) error {
	v, err := f.pipe(n.Pipe, dot)
	switch {
	case err != nil:
		return err
	case !isTrue(v):
		return f.list(n.ElseList, dot)
	case with:
		return f.list(n.List, v)
	}
	return f.list(n.List, dot)
}

func (f *filler) each(n *parse.BranchNode, dot reflect.Value) error {
	v, err := f.pipe(n.Pipe, dot)
	if err != nil {
		return err
	}
	if v.Kind() != reflect.Slice {
		return odd(n)
	}
	if v.Len() == 0 {
		return f.list(n.ElseList, dot)
	}
	for i := range v.Len() {
		if err := f.list(n.List, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// print writes a value, so that it is nothing but text wherever it stands: in
// an element or between the quotes of an attribute.
func (f *filler) print(n parse.Node, v reflect.Value) error {
	switch {
	case v.IsValid() && v.Type() == reflect.TypeFor[markup]():
		f.out.WriteString(v.String())
	case v.Kind() == reflect.String:
		escaped.WriteString(&f.out, v.String())
	case v.CanInt():
		f.out.WriteString(strconv.FormatInt(v.Int(), 10))
	case v.CanUint():
		f.out.WriteString(strconv.FormatUint(v.Uint(), 10))
	default:
		return odd(n)
	}
	return nil
}

// escaped has the characters of html/template.
var escaped = strings.NewReplacer("\x00", "\uFFFD", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")
