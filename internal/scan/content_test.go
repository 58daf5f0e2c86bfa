package scan

import (
	"encoding/json"
	"strings"
	"testing"
)

const issued = "q9W2k7Zr4Tn8Vb3Mx6Lc1Yd5Hf0Js2Pa7Gu4" // 36 signs, as issued as any

func TestTokenKind(t *testing.T) {
	body := strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", 2)
	for text, want := range map[string]string{
		"key: ghp_" + issued: "GitHub token", "npm_" + issued: "npm token", "glpat-" + issued[:20]: "GitLab token",
		"-----BEGIN PRIVATE KEY-----\n" + body:                                                         "private key",
		"-----BEGIN RSA PRIVATE KEY-----\\n" + body:                                                    "private key",
		"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\n" + body: "private key",
		`{"type": "service_account", "private_key": "x"}`:                                              "service account key",
		"aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYzzzzzzzKEYYY":                             "cloud key",
		"AIza" + issued[:35]: "Google key",
		// What documents, refers or only looks alike is none.
		"aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": "",
		"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx":                         "",
		"-----BEGIN PRIVATE KEY-----\n...\n":                               "",
		"-----BEGIN PUBLIC KEY-----\n" + body:                              "",
		"token: ${GITHUB_TOKEN}":                                           "", "npm_config_registry": "", "": "",
		"sha512-" + issued + issued: "",
	} {
		if got := TokenKind([]byte(text)); got != want {
			t.Errorf("%.60q: %q, want %q", text, got, want)
		}
	}
}

func TestCandidate(t *testing.T) {
	for name, want := range map[string]bool{
		"config.yml": true, "a/b/prod.json": true, "token": true, "sa.JSON": true, "notes.txt": true,
		"main.go": false, "x.png": false, "package.json": false, "package-lock.json": false, "testdata/key.json": false,
		"a/Fixtures/b/c.yml": false, "node_modules/p/c.json": false, "x.sh": false,
	} {
		if got := Candidate(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRedactGit(t *testing.T) {
	for text, want := range map[string]string{
		"\turl = https://me:" + issued + "@h.example/x\n":          "\turl = https://h.example/x\n",
		"\turl = https://ghp_" + issued + "@h.example/x\n":         "\turl = https://h.example/x\n",
		"\turl = https://me:p@ss@h.example/x\n":                    "\turl = https://h.example/x\n",
		"[url \"https://a:b@h.example/\"]\n":                       "[url \"https://h.example/\"]\n",
		"\tproxy = http://u:p@proxy.example:3128\n":                "\tproxy = http://proxy.example:3128\n",
		"\textraheader = AUTHORIZATION: basic abc\n\ta = b\n":      "\t# " + Hidden + "\n\ta = b\n",
		"\tpassword = a \\\n  more\n\tc = d\n":                     "\t# " + Hidden + "\n\tc = d\n",
		"\thelper = \"!f() { echo password=x; }; f\"\n":            "\t# " + Hidden + "\n",
		"[remote \"a\"] url = https://u:p@h/x ; and https://h/y\n": "[remote \"a\"] url = https://h/x ; and https://h/y\n",
	} {
		if got, changed := RedactGit(text); got != want || !changed {
			t.Errorf("%q: %q (%v), want %q", text, got, changed, want)
		}
	}
	for _, text := range []string{
		"\turl = git@github.com:o/r\n", "\turl = ssh://git@h.example/x\n", "\turl = https://alice@h.example/x\n",
		"\turl = https://h.example/x\n", "\temail = a@b.example\n", "\thelper = store\n", "", "\textraheader = X-Trace: 1\n",
	} {
		if got, changed := RedactGit(text); got != text || changed {
			t.Errorf("%q was changed to %q", text, got)
		}
	}
}

// TestShown: programs that read the file find its own syntax, and what is not
// secret where that can be told.
func TestShown(t *testing.T) {
	for _, c := range []struct {
		name, content, keeps string
		part                 bool
	}{
		{".npmrc", "registry=https://r.example/\n//r.example/:_authToken=" + issued + "\n", "registry=https://r.example/", true},
		{"sub/.yarnrc.yml", "nodeLinker: pnp\nnpmAuthToken: " + issued + "\n", "nodeLinker: pnp", true},
		{"pip.conf", "[global]\nindex-url = https://u:" + issued + "@pypi.example/simple\n", "index-url = https://pypi.example/simple", true},
		{".pypirc", "[pypi]\nusername = __token__\npassword = " + issued + "\n", "username = __token__", true},
		{"gradle.properties", "org.gradle.jvmargs=-Xmx1g\nsigningPassword=" + issued + "\n", "org.gradle.jvmargs=-Xmx1g", true},
		{".gitmodules", "[submodule \"a\"]\n\tpath = a\n\turl = https://u:" + issued + "@h.example/a\n", "path = a", true},
		{"settings.xml", "<?xml version=\"1.0\"?>\n<settings><servers><server><password>" + issued + "</password></server></servers></settings>", "<settings/>", false},
		{"NuGet.Config", "<configuration><add key=\"ClearTextPassword\" value=\"" + issued + "\"/></configuration>", "<configuration/>", false},
		{"auth.json", `{"github-oauth": {"github.com": "` + issued + `"}}`, "ringwall: ", false},
	} {
		if !SecretContent(c.name, []byte(c.content)) {
			t.Errorf("%s is not taken for a secret", c.name)
		}
		got, part := Shown(c.name, "a reason", []byte(c.content))
		if part != c.part || !strings.Contains(got, c.keeps) || strings.Contains(got, issued) || !strings.Contains(got, "ringwall: ") && !strings.Contains(c.content, "https://u:") {
			t.Errorf("%s: part %v\n%s", c.name, part, got)
		}
		if strings.HasSuffix(c.name, ".json") && !json.Valid([]byte(got)) {
			t.Errorf("%s is no JSON: %s", c.name, got)
		}
	}
	if got, part := Shown(".env", "environment file", []byte("A=b\n")); got != "" || part {
		t.Errorf("%q %v: a plain note does", got, part)
	}
	// What cannot be taken out line by line is hidden whole.
	if got, part := Shown(".npmrc", "registry token", []byte("a=ghp_"+issued+"\n")); part {
		t.Errorf("%q", got)
	}
}

// TestContentOfConfiguration: the other side of each rule: the same file
// without a secret stays.
func TestContentOfConfiguration(t *testing.T) {
	for name, content := range map[string]string{
		"settings.xml": "<settings><mirrors/></settings>", "nuget.config": "<configuration><add key=\"nuget\" value=\"https://x\"/></configuration>",
		"gradle.properties": "a=b\nsigningPassword=${P}\n", "auth.json": `{"name": "x"}`, "pip.conf": "[global]\nindex-url = https://pypi.example/\n",
		".gitmodules": "[submodule \"a\"]\n\turl = ../a\n", "credentials.toml": "[registry]\n", ".yarnrc": "registry \"https://r.example\"\n",
		"key.asc": "-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
	} {
		if SecretContent(name, []byte(content)) {
			t.Errorf("%s is taken for a secret", name)
		}
	}
}

func FuzzRedactGit(f *testing.F) {
	f.Add("[remote \"a\"]\n\turl = https://u:p@h/x\n\textraheader = Authorization: x\\\n y\n")
	f.Fuzz(func(t *testing.T, text string) {
		shown, _ := RedactGit(text)
		if again, changed := RedactGit(shown); changed {
			t.Errorf("%q is not done: %q", shown, again)
		}
	})
}
