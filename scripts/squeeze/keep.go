package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

const page = 4096

// segment is a run of pages that the kernel maps.
type segment struct {
	flags   elf.ProgFlag
	address uint64
	data    []byte
	memory  uint64 // what is longer than data is zero
}

// keep makes a program of the functions, the constants and the variables.
func keep(program string, functions []string) ([]byte, error) {
	f, err := elf.Open(program)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := code(f, functions)
	if err != nil {
		return nil, err
	}
	constants, err := section(f, ".rodata")
	if err != nil {
		return nil, err
	}
	variables, err := writable(f)
	if err != nil {
		return nil, err
	}
	return write(f, append(text, constants, variables)), nil
}

// code is the pages of the functions; what else lies on them is zero, which is
// no instruction that goes anywhere.
func code(f *elf.File, functions []string) ([]segment, error) {
	all, err := section(f, ".text")
	if err != nil {
		return nil, err
	}
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	kept := make([]byte, len(all.data))
	found := map[string]bool{}
	for _, s := range symbols {
		name := strings.TrimSuffix(s.Name, ".abi0")
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && slices.Contains(functions, name) {
			from := s.Value - all.address
			copy(kept[from:from+s.Size], all.data[from:])
			found[name] = true
		}
	}
	for _, name := range functions {
		if !found[name] {
			return nil, fmt.Errorf("there is no symbol %s", name)
		}
	}
	return runs(segment{flags: elf.PF_R | elf.PF_X, address: all.address, data: kept}), nil
}

// runs cuts a segment into what is not zero, in whole pages.
func runs(s segment) []segment {
	var out []segment
	for at := 0; at < len(s.data); at += page {
		data := s.data[at:min(at+page, len(s.data))]
		if len(bytes.Trim(data, "\x00")) == 0 {
			continue
		}
		address := s.address + uint64(at)
		if last := len(out) - 1; last >= 0 && out[last].address+uint64(len(out[last].data)) == address {
			out[last].data = append(out[last].data, data...)
			continue
		}
		out = append(out, segment{flags: s.flags, address: address, data: slices.Clone(data)})
	}
	return out
}

// section is one section, from the start of its page.
func section(f *elf.File, name string) (segment, error) {
	s := f.Section(name)
	if s == nil {
		return segment{}, fmt.Errorf("there is no section %s", name)
	}
	data, err := s.Data()
	if err != nil {
		return segment{}, err
	}
	before := s.Addr % page
	return segment{flags: elf.PF_R, address: s.Addr - before, data: append(make([]byte, before), data...)}, nil
}

// writable is the variables, whole.
func writable(f *elf.File) (segment, error) {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Flags&elf.PF_W != 0 {
			data := make([]byte, p.Filesz)
			if _, err := p.ReadAt(data, 0); err != nil {
				return segment{}, err
			}
			return segment{flags: elf.PF_R | elf.PF_W, address: p.Vaddr, data: data, memory: p.Memsz}, nil
		}
	}
	return segment{}, fmt.Errorf("there are no variables")
}

// write lays the segments out behind one another, each from a page of its own:
// the kernel maps whole pages. The stack must not be executable.
func write(f *elf.File, segments []segment) []byte {
	headers := []elf.Prog64{{Type: uint32(elf.PT_GNU_STACK), Flags: uint32(elf.PF_R | elf.PF_W)}}
	offset := uint64(page)
	for _, s := range segments {
		headers = append(headers, elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(s.flags), Off: offset, Vaddr: s.address,
			Paddr: s.address, Filesz: uint64(len(s.data)), Memsz: max(s.memory, uint64(len(s.data))), Align: page})
		offset += (uint64(len(s.data)) + page - 1) / page * page
	}
	out := new(bytes.Buffer)
	binary.Write(out, f.ByteOrder, header(f, len(headers)))
	binary.Write(out, f.ByteOrder, headers)
	for _, s := range segments {
		pad(out)
		out.Write(s.data)
	}
	return out.Bytes()
}

func pad(out *bytes.Buffer) {
	out.Write(make([]byte, (page-out.Len()%page)%page))
}

func header(f *elf.File, segments int) elf.Header64 {
	const size, each = 64, 56 // of the header, and of one of a segment (elf(5))
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(f.Machine), Version: uint32(elf.EV_CURRENT),
		Entry: f.Entry, Phoff: size, Ehsize: size, Phentsize: each, Phnum: uint16(segments)}
	copy(h.Ident[:], elf.ELFMAG)
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(f.Data), byte(elf.EV_CURRENT)
	return h
}
