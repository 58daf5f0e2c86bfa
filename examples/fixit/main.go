package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	var busy []Span
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		span, err := ParseSpan(lines.Text())
		if err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		busy = append(busy, span)
	}
	for _, free := range Free(Span{9 * 60, 17 * 60}, busy) {
		fmt.Println(free)
	}
}
