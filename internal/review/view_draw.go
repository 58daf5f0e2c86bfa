package review

import (
	"fmt"
	"strings"
)

// The least screen that there is a view for.
const (
	minColumns = 40
	minRows    = 10
)

// Screen is the view as rows of spans, as many as the screen has, none wider.
func (v *View) Screen() [][]Span {
	if v.w < minColumns || v.h < minRows {
		return v.fit([][]Span{{{fmt.Sprintf("too small: needs %d x %d", minColumns, minRows), Warn}}})
	}
	rows := [][]Span{v.header()}
	if v.mode == both {
		rows = append(rows, v.list()...)
	}
	body := v.body()
	rows = append(rows, v.rule(len(body)))
	for i := range v.pane() {
		if v.scroll+i < len(body) {
			rows = append(rows, body[v.scroll+i])
		} else {
			rows = append(rows, nil)
		}
	}
	return v.fit(append(rows, v.footer()))
}

// fit cuts rows to the screen and fills it.
func (v *View) fit(rows [][]Span) [][]Span {
	for len(rows) < v.h {
		rows = append(rows, nil)
	}
	rows = rows[:v.h]
	for i, row := range rows {
		rows[i] = Fold(row, max(v.w, 8), "")[0]
	}
	return rows
}

func (v *View) header() []Span {
	open := 0
	for _, c := range v.items {
		if c.Open() {
			open++
		}
	}
	right := fmt.Sprintf("%d held, %d decided, %d in all", open, len(v.Decisions()), len(v.items))
	left := "review " + v.title
	return []Span{{pad(tail(left, v.w-width(right)-2), v.w-width(right)) + right, Bold}}
}

// listRows is how many changes the list shows.
func (v *View) listRows() int {
	if v.mode != both {
		return 0
	}
	return max(1, min(len(v.items), max(3, v.h/3)))
}

// pane is how many rows the diff has.
func (v *View) pane() int { return max(1, v.h-v.listRows()-3) }

// list shows the changes around the cursor.
func (v *View) list() [][]Span {
	n := v.listRows()
	first := max(0, min(v.cursor-n/2, len(v.items)-n))
	var rows [][]Span
	for i := first; i < first+n && i < len(v.items); i++ {
		rows = append(rows, v.entry(i))
	}
	return rows
}

// entry is one row of the list.
func (v *View) entry(i int) []Span {
	c := v.agreed[i]
	point, style := "  ", Plain
	if i == v.cursor {
		point, style = "> ", Bold
	}
	word, tone := c.State, Dim
	switch c.Decision {
	case Accept:
		word, tone = "ACCEPT", New
	case Drop:
		word, tone = "DROP", Old
	case None:
		if c.Open() {
			tone = Warn
		}
	}
	what := pad(c.Class, 10) + pad(c.Action, 9)
	size := sizeOf(c.Change)
	room := v.w - 2 - 8 - width(what) - width(size) - 1
	return []Span{{point, style}, {pad(word, 8), tone}, {what + pad(tail(c.Name(), room), room) + " " + size, style}}
}

func sizeOf(c Change) string {
	if c.Type == "file" && c.Action != "deleted" && c.Action != "mode" {
		return Size(c.Size)
	}
	return ""
}

// rule stands above the diff and tells how far it is scrolled.
func (v *View) rule(rows int) []Span {
	where := ""
	if rows > v.pane() {
		where = fmt.Sprintf(" %d-%d of %d ", v.scroll+1, min(v.scroll+v.pane(), rows), rows)
	}
	return []Span{{strings.Repeat("-", max(0, v.w-len(where)-2)) + where + "--", Dim}}
}

func (v *View) footer() []Span {
	if v.notice != "" {
		return []Span{{v.notice, Warn}}
	}
	keys := "a accept  d drop  s skip  q done  ? help  j/k move  enter read  space scroll"
	switch v.mode {
	case reading:
		keys = "a accept  d drop  s skip  q done  ? help  enter list  j/k scroll  n/p other"
	case help:
		keys = "any key goes back"
	case confirming:
		keys = "y carry it out   n go back   Q leave without"
	}
	return []Span{{keys, Dim}}
}
