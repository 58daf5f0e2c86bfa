package egress

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// addRule is the line that the owner would write to allow a destination.
func addRule(hostPort string) string {
	return fmt.Sprintf(`to allow it, the owner adds this to [network] in ringwall.toml: allow = ["%s"]`, hostPort)
}

// addMethod is what the owner would write to allow one more method.
func addMethod(d dest, r rule, method string) string {
	list := make([]string, 0, len(r.methods)+1)
	for _, m := range append(r.methods[:len(r.methods):len(r.methods)], method) {
		list = append(list, fmt.Sprintf("%q", m))
	}
	return fmt.Sprintf("to allow it, the owner changes the [[network.rule]] of host = %q in ringwall.toml: methods = [%s]",
		d.host, strings.Join(list, ", "))
}

// addAnother is the rule that the owner would write beside several others; empty
// where its path cannot be written.
func addAnother(d dest, h *requestHead) string {
	path, err := normalPath(h.path)
	if err != nil || checkPattern(path) != nil || strings.Contains(path, "*") || len(path) > maxWhat {
		return ""
	}
	host := strings.TrimSuffix(d.String(), ":443")
	return fmt.Sprintf("; to allow it, the owner adds one more [[network.rule]] in ringwall.toml: host = %q, methods = [%q], paths = [%q]",
		host, h.method, path)
}

// explanation is the last line of a refusal's text, for programs.
type explanation struct {
	Refused string `json:"refused"`
	Layer   string `json:"layer"`
	Control string `json:"control"`
	Why     string `json:"why"`
	Allow   string `json:"allow,omitempty"` // what the owner would write in ringwall.toml
}

// explain is the body of a refusal: a sentence, then the same as one line of
// JSON. An agent that reads it stops guessing.
func explain(what, control, why string) string {
	what, why = printable(what), strings.TrimSpace(why)
	line, err := json.Marshal(explanation{what, "network", control, why, allowOf(why)})
	if err != nil {
		line = []byte("{}")
	}
	return fmt.Sprintf("ringwall refused: %s\n%s\n%s\n", what, why, line)
}

// allowOf takes what the owner would write out of a reason.
func allowOf(why string) string {
	_, line, _ := strings.Cut(why, " in ringwall.toml: ")
	return line
}

// answer records the refusal of an HTTP request, sends it, and closes.
func (g *Gateway) answer(c net.Conn, s site, h *requestHead, code int, why string) {
	what := s.what(h)
	if !g.refuse(g.refusals, what, why) {
		reset(c)
		return
	}
	writeAnswer(c, code, explain(what, ControlGateway, why))
}

// writeAnswer sends a whole HTTP response on a connection that no server has.
func writeAnswer(c net.Conn, code int, body string) {
	_, _ = fmt.Fprintf(c, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"+
		"Cache-Control: no-store\r\nX-Ringwall: refused\r\nConnection: close\r\n\r\n%s",
		code, http.StatusText(code), len(body), body)
	linger(c)
}
