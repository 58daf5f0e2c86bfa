package egress

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// exchange1 sends a request on a kept connection and reads its answer.
func exchange1(t testing.TB, w io.Writer, in *bufio.Reader, req string) (*http.Response, string) {
	t.Helper()
	if _, err := io.WriteString(w, req); err != nil {
		t.Fatal(err)
	}
	return answer1(t, in)
}

func answer1(t testing.TB, in *bufio.Reader) (*http.Response, string) {
	t.Helper()
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestConnectionsStayOpen(t *testing.T) {
	r := newRig(t, upstreamOf(shop(t)), allow("a.example", 80, "GET", "POST")).start(t)
	c := dialTest(t, r.address(t, "a.example", 80))
	in := bufio.NewReader(c)
	for i := range 20 {
		_, body := exchange1(t, c, in, fmt.Sprintf("POST /%d HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc", i))
		if !strings.Contains(body, fmt.Sprintf("POST /%d host=a.example body=abc", i)) {
			t.Fatalf("answer %q", body)
		}
		_, body = exchange1(t, c, in, "POST /c HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n")
		if !strings.Contains(body, "body=de headers=") || strings.Contains(body, "Trailer") {
			t.Fatalf("answer %q", body)
		}
	}
	if n := len(r.dials()); n != 1 {
		t.Errorf("%d upstream connections for one rule and host", n)
	}
	// Each request is decided on by itself.
	resp, body := exchange1(t, c, in, "DELETE / HTTP/1.1\r\nHost: a.example\r\n\r\n")
	if resp.StatusCode != 403 || !strings.Contains(body, `methods = [\"GET\", \"POST\", \"DELETE\"]`) || !strings.Contains(body, `"allow":"methods = `) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if resp, _ := exchange1(t, c, in, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"); resp.StatusCode != 200 {
		t.Errorf("after a refusal: %d", resp.StatusCode)
	}
}

// Requests that are sent ahead are answered in order.
func TestPipelining(t *testing.T) {
	r := newRig(t, upstreamOf(shop(t)), allow("a.example", 80)).start(t)
	c := dialTest(t, r.address(t, "a.example", 80))
	var all strings.Builder
	const n = 50
	for i := range n {
		fmt.Fprintf(&all, "PUT /%d HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi", i)
	}
	go func() { _, _ = io.WriteString(c, all.String()) }()
	in := bufio.NewReader(c)
	for i := range n {
		if _, body := answer1(t, in); !strings.HasPrefix(body, fmt.Sprintf("PUT /%d host=a.example body=hi ", i)) {
			t.Fatalf("answer %d is %q", i, body)
		}
	}
}

// A good request first; what is smuggled behind it is refused, the connection
// closed, and nothing that follows is read.
func TestSmugglingOnKeptConnections(t *testing.T) {
	var reached atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if strings.Contains(r.RequestURI, "evil") {
			t.Errorf("the upstream got %s", r.RequestURI)
		}
		reached.Add(1)
	}))
	defer srv.Close()
	r := newRig(t, upstreamOf(srv), allow("a.example", 80), allow("b.example", 80)).start(t)
	good := "POST /good HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1\r\n\r\nx"
	evil := "GET /evil HTTP/1.1\r\nHost: a.example\r\n\r\n"
	seconds := map[string]string{
		"other host":         "GET /evil HTTP/1.1\r\nHost: b.example\r\n\r\n",
		"other port":         "GET /evil HTTP/1.1\r\nHost: a.example:8080\r\n\r\n",
		"absolute, other":    "GET http://b.example/evil HTTP/1.1\r\nHost: b.example\r\n\r\n",
		"HTTP/2 preface":     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"CONNECT":            "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n",
		"an empty line more": "\r\n" + evil,
	}
	for name, head := range badHeads {
		seconds[name] = head
	}
	for name, second := range seconds {
		got := send(t, dialTest(t, r.address(t, "a.example", 80)), []byte(good+second+evil))
		_, rest, _ := strings.Cut(got, "\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 200 ") || !strings.HasPrefix(rest, "HTTP/1.1 4") || strings.Count(got, "HTTP/1.1 ") != 2 {
			t.Errorf("%s: %q", name, got)
		}
	}
	for name, chunks := range badChunks {
		if strings.HasPrefix(name, "cut") {
			continue // with more behind it, it is another one
		}
		got := send(t, dialTest(t, r.address(t, "a.example", 80)),
			[]byte("POST /chunks HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n"+chunks+evil))
		if strings.HasPrefix(got, "HTTP/1.1 200 ") || strings.Count(got, "HTTP/1.1 ") > 1 {
			t.Errorf("%s: %q", name, got)
		}
	}
	if n := reached.Load(); n < int64(len(seconds)) {
		t.Errorf("only %d good requests arrived", n)
	}
}

func TestExpectContinue(t *testing.T) {
	r := newRig(t, upstreamOf(shop(t)), allow("a.example", 80, "POST")).start(t)
	c := dialTest(t, r.address(t, "a.example", 80))
	in := bufio.NewReader(c)
	head := " / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
	resp, _ := exchange1(t, c, in, "POST"+head)
	if resp.StatusCode != 100 {
		t.Fatalf("status %d", resp.StatusCode)
	}
	if resp, body := exchange1(t, c, in, "abc"); resp.StatusCode != 200 || !strings.Contains(body, "body=abc") || strings.Contains(body, "Expect") {
		t.Errorf("%d %q", resp.StatusCode, body)
	}
	// Refused at once: the body is not asked for.
	if resp, _ := exchange1(t, c, in, "PUT"+head); resp.StatusCode != 403 || !resp.Close {
		t.Errorf("status %d", resp.StatusCode)
	}
	c = dialTest(t, r.address(t, "a.example", 80))
	got := send(t, c, []byte("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\nExpect: 200-maybe\r\n\r\nabc"))
	if !strings.HasPrefix(got, "HTTP/1.1 417 ") {
		t.Errorf("unknown expectation: %q", got)
	}
}

// A client that goes away ends what is asked upstream for it.
func TestClientLeaves(t *testing.T) {
	gone := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		close(gone)
	}))
	defer srv.Close()
	r := newRig(t, upstreamOf(srv), allow("a.example", 80)).start(t)
	c := dialTest(t, r.address(t, "a.example", 80))
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * leaveTime)
	c.Close()
	select {
	case <-gone:
	case <-time.After(30 * time.Second):
		t.Error("the upstream still works for nobody")
	}
}

// An answer that is slower than the look at the client is not lost, nor what
// the client sent ahead meanwhile.
func TestSlowAnswer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(2 * leaveTime)
		fmt.Fprint(w, r.URL.Path)
	}))
	defer srv.Close()
	r := newRig(t, upstreamOf(srv), allow("a.example", 80)).start(t)
	c := dialTest(t, r.address(t, "a.example", 80))
	req := "GET /%d HTTP/1.1\r\nHost: a.example\r\n\r\n"
	in := bufio.NewReader(c)
	fmt.Fprintf(c, req, 1)
	time.Sleep(leaveTime * 3 / 2)
	fmt.Fprintf(c, req+req, 2, 3)
	for i := 1; i <= 3; i++ {
		if _, body := answer1(t, in); body != fmt.Sprintf("/%d", i) {
			t.Errorf("answer %q", body)
		}
	}
}

func TestHeadAndEmptyAnswers(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/204":
			w.WriteHeader(204)
		case "/304":
			w.WriteHeader(304)
		case "/hint":
			w.WriteHeader(103)
			fmt.Fprint(w, "hinted")
		default:
			w.Header().Set("Content-Length", "5")
			fmt.Fprint(w, "hello")
		}
	}))
	defer srv.Close()
	r := newRig(t, upstreamOf(srv), allow("a.example", 80)).start(t)
	c := dialTest(t, r.address(t, "a.example", 80))
	in := bufio.NewReader(c)
	for _, req := range []string{"HEAD /", "GET /204", "GET /304", "GET /hint", "GET /"} {
		if _, err := io.WriteString(c, req+" HTTP/1.1\r\nHost: a.example\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		method, path, _ := strings.Cut(req, " ")
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		want := map[string]string{"GET /": "hello", "GET /hint": "hinted"}[req]
		if string(b) != want || method == "HEAD" && resp.ContentLength != 5 || len(path) == 4 && fmt.Sprint(resp.StatusCode) != path[1:] {
			t.Errorf("%s: %d %d %q", req, resp.StatusCode, resp.ContentLength, b)
		}
	}
}
