package proof

import "ringwall/internal/egress/egresstest"

// clients are all of them.
func clients() []client {
	web := requests(func(s *servers) *egresstest.Site { return s.web })
	stream := requests(func(s *servers) *egresstest.Site { return s.stream })
	git := requests(func(s *servers) *egresstest.Site { return s.git.Site })
	const reached = "you reached web.example"
	return []client{
		{name: "curl", needs: []string{"curl"}, want: reached, made: web, proxied: true,
			script: "curl -sS https://web.example/"},
		{name: "curl HTTP/1.1, v4 inside", needs: []string{"curl"}, want: reached, made: web, proxied: true,
			script: "curl -sS -4 --http1.1 https://web.example/"},
		{name: "curl, v6 inside", needs: []string{"curl"}, want: reached, made: web,
			script: "curl -sS --noproxy '*' -6 https://web.example/"},
		{name: "curl, plain", needs: []string{"curl"}, want: reached, made: web, proxied: true,
			script: "curl -sSf http://web.example/"},
		{name: "curl over SOCKS", needs: []string{"curl"}, want: reached, made: web,
			script: "env -u https_proxy -u HTTPS_PROXY ALL_PROXY=socks5h://" + proxy + " curl -sS https://web.example/"},
		{name: "git over https", needs: []string{"git"}, want: "hello", made: git, proxied: true,
			script: "git clone -q https://git.example/repo.git r && cd r && cat hello && git checkout -q -b new-$$ && " + commit + " && git push -q origin HEAD"},
		{name: "git over ssh", needs: []string{"git", "ssh"}, want: "hello", made: func(s *servers) int { return len(s.git.Commands()) },
			script: `base64 -d key.base64 >key && chmod 600 key
				export GIT_SSH_COMMAND="ssh -i $PWD/key -o UserKnownHostsFile=$PWD/known_hosts -o StrictHostKeyChecking=yes -o BatchMode=yes"
				git clone -q ssh://git@git.example/repo.git r && cd r && cat hello && ` + commit + ` && git push -q origin HEAD:other`},
		{name: "npm install", needs: []string{"node", "npm"}, want: "hello from the registry", proxied: true,
			made: requests(func(s *servers) *egresstest.Site { return s.npm }),
			script: `mkdir p && cd p && npm init -y >/dev/null && npm install --no-audit --no-fund --fetch-retries 0 --registry https://npm.example/ greeting >/dev/null &&
				node -e 'console.log(require("greeting"))'`},
		{name: "pip install", needs: []string{"python3"}, want: "hello from the index", proxied: true,
			made: requests(func(s *servers) *egresstest.Site { return s.pypi }),
			script: `/usr/bin/python3 -m venv v && v/bin/pip install -q --disable-pip-version-check --retries 0 --index-url https://pypi.example/simple/ greeting &&
				v/bin/python -c 'import greeting; print(greeting.TEXT)'`},
		{name: "go mod download", needs: []string{"go"}, want: "hello from the proxy", proxied: true,
			made: requests(func(s *servers) *egresstest.Site { return s.goproxy }),
			script: `mkdir m && cd m && export GOPROXY=https://goproxy.example GOSUMDB=off GOTOOLCHAIN=local GOFLAGS=-modcacherw &&
				go mod init example.test/m 2>/dev/null && go mod edit -require example.test/greeting@v1.0.0 && go mod download &&
				cat $(go env GOMODCACHE)/example.test/greeting@v1.0.0/greeting.go`},
		{name: "Node fetch", needs: []string{"node"}, want: reached, made: web,
			script: `node -e 'fetch("https://web.example/").then(r => r.text()).then(console.log)'`},
		{name: "Node https", needs: []string{"node"}, want: reached, made: web,
			script: `node -e 'require("https").get("https://web.example/", r => r.pipe(process.stdout))'`},
		{name: "undici", needs: []string{"node"}, want: reached, made: web, proxied: true,
			script: `: node_modules; node undici.js`},
		{name: "Python urllib", needs: []string{"python3"}, want: reached, made: web, proxied: true,
			script: `/usr/bin/python3 -c 'import urllib.request as u; print(u.urlopen("https://web.example/").read().decode())'`},
		{name: "Python requests", needs: []string{"python3"}, want: reached, made: web, proxied: true,
			script: `/usr/bin/python3 -c 'import requests; print(requests.get("https://web.example/").text)'`},
		{name: "Java HttpClient", needs: []string{"javac"}, want: reached, made: web,
			script: `java -Xshare:auto -XX:TieredStopAtLevel=1 Client.java`},
		{name: "WebSocket", needs: []string{"node"}, want: "echo: hello", made: stream,
			script: `: node_modules; node ws.js`},
		{name: "server-sent events", needs: []string{"python3"}, want: "data: done", made: stream, proxied: true,
			script: `/usr/bin/python3 events.py`},
		{name: "a large upload", needs: []string{"curl"}, want: "67108864 <nil>", made: stream, proxied: true,
			script: `head -c 67108864 /dev/zero | curl -sS -T - https://stream.example/count`},
	}
}

const commit = `git -c user.name=a -c user.email=a@b commit -q --allow-empty -m second`

// programsInside are files of the project.
var programsInside = map[string]string{
	"undici.js": `
const { request, setGlobalDispatcher, EnvHttpProxyAgent } = require("undici");
setGlobalDispatcher(new EnvHttpProxyAgent());
request("https://web.example/").then(r => r.body.text()).then(console.log);
`,
	"ws.js": `
const WebSocket = require("ws");
const s = new WebSocket("wss://stream.example/ws", { origin: "https://stream.example" });
s.on("open", () => s.send("hello"));
s.on("message", m => { console.log("echo: " + m); s.close(); });
`,
	"events.py": `
import urllib.request as u
for line in u.urlopen("https://stream.example/events"):
    if line.strip():
        print(line.decode().strip(), flush=True)
        if b"event" in line:
            u.urlopen("https://stream.example/next").read()
`,
	"Client.java": `
import java.net.URI;
import java.net.http.*;
public class Client {
  public static void main(String[] a) throws Exception {
    var c = HttpClient.newHttpClient();
    System.out.println(c.send(HttpRequest.newBuilder(URI.create("https://web.example/")).build(), HttpResponse.BodyHandlers.ofString()).body());
  }
}
`,
}
