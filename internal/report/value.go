package report

import (
	"fmt"
	"reflect"
	"text/template/parse"
)

// pipe is the value of what stands between the braces: one command, without
// variables.
func (f *filler) pipe(p *parse.PipeNode, dot reflect.Value) (reflect.Value, error) {
	if len(p.Decl) > 0 || len(p.Cmds) != 1 {
		return reflect.Value{}, odd(p)
	}
	args := p.Cmds[0].Args
	name, called := args[0].(*parse.IdentifierNode)
	if !called {
		if len(args) > 1 {
			return reflect.Value{}, odd(p)
		}
		return f.value(args[0], dot)
	}
	var in []reflect.Value
	for _, a := range args[1:] {
		v, err := f.value(a, dot)
		if err != nil {
			return v, err
		}
		in = append(in, v)
	}
	return f.call(name, in)
}

// value is that of one word.
func (f *filler) value(n parse.Node, dot reflect.Value) (reflect.Value, error) {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot, nil
	case *parse.FieldNode:
		return field(n, dot, n.Ident)
	case *parse.VariableNode:
		if n.Ident[0] != "$" {
			return reflect.Value{}, odd(n)
		}
		return field(n, f.root, n.Ident[1:])
	case *parse.PipeNode:
		return f.pipe(n, dot)
	case *parse.StringNode:
		return reflect.ValueOf(n.Text), nil
	case *parse.NumberNode:
		if n.IsInt {
			return reflect.ValueOf(int(n.Int64)), nil
		}
	case *parse.IdentifierNode:
		return f.call(n, nil)
	}
	return reflect.Value{}, odd(n)
}

// field follows names from one value to the next.
func field(n parse.Node, v reflect.Value, names []string) (reflect.Value, error) {
	for _, name := range names {
		if v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct {
			return v, fmt.Errorf("%s: %s has no fields", n, v.Kind())
		}
		if v = v.FieldByName(name); !v.IsValid() {
			return v, fmt.Errorf("%s: there is no field %s", n, name)
		}
	}
	return v, nil
}

// call calls a function of the page.
func (f *filler) call(name *parse.IdentifierNode, in []reflect.Value) (reflect.Value, error) {
	fn := reflect.ValueOf(f.funcs[name.Ident])
	t := fn.Type()
	if t.NumIn() != len(in) || t.NumOut() != 1 || t.IsVariadic() {
		return reflect.Value{}, fmt.Errorf("%s: takes %d values and is given %d", name, t.NumIn(), len(in))
	}
	for i, v := range in {
		if !v.IsValid() || !v.Type().AssignableTo(t.In(i)) {
			return reflect.Value{}, fmt.Errorf("%s: value %d is not a %s", name, i+1, t.In(i))
		}
	}
	out := fn.Call(in)[0]
	if out.Kind() == reflect.Interface {
		out = out.Elem()
	}
	return out, nil
}
