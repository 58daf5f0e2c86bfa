package command

import (
	"strings"
	"testing"
)

// TestCommonEntriesAreNotFlagged: the kind of entry that projects publish, and
// that their owners mean. What raises an alarm here is read by nobody.
func TestCommonEntriesAreNotFlagged(t *testing.T) {
	for entries := range strings.SplitSeq(strings.TrimSpace(`
ls * | cat * | head * | tail * | grep * | rg * | wc * | du * | mkdir * | touch * | cp * | mv * | echo * | pwd
git status * | git diff * | git log * | git show * | git blame * | git add * | git commit * | git commit -m * | git branch *
git checkout * | git switch * | git fetch * | git pull * | git push * | git merge * | git rebase * | git stash * | git am *
git worktree add * | git rev-parse * | git branch --show-current | git tag * | git restore --staged *
npm install * | npm ci | npm test * | npm run lint * | npm run build * | npm run test:unit * | npm view * | npm ls * | npm run dev *
yarn install | yarn lint * | yarn test * | pnpm install * | pnpm lint * | pnpm typecheck | bun install | bun test *
npx tsc * | npx prettier --write * | npx eslint * | npx vitest run * | npx prisma migrate * | npx playwright test *
node --version | node scripts/build.js * | python --version | python -m pytest * | python -m venv * | python manage.py test * | pip install * | pip list
pytest * | ruff check * | black * | mypy * | uv sync | uv run pytest * | uv pip install * | poetry install | poetry run mypy *
go build * | go test * | go vet * | go mod tidy | go doc * | gofmt * | golangci-lint run * | go list * | go version
cargo build * | cargo test * | cargo check * | cargo clippy * | cargo fmt * | cargo doc *
make test | make lint * | make build | just fmt | ./gradlew test * | ./gradlew build | mvn verify * | mvn test * | ./mvnw test
bundle install | bundle exec rspec * | bundle exec rubocop * | rails test * | rake test | bin/rails test *
composer install | composer test | php artisan test * | vendor/bin/phpunit * | ./vendor/bin/pint *
dotnet build * | dotnet test * | dotnet format * | dotnet restore * | dotnet ef migrations list | mix test * | swift build * | flutter test *
docker ps * | docker logs * | docker compose ps * | docker compose logs * | docker images * | kubectl get * | kubectl describe * | helm list
terraform plan * | terraform fmt * | terraform validate | gh pr view * | gh pr diff * | gh pr create * | gh issue list * | gh run list * | gh auth status
tmux ls * | ps * | pgrep * | date * | which * | command -v * | nvidia-smi * | md5sum * | tree * | file * | jq * | sort * | uniq * | tee *
rm -rf dist | rm -rf node_modules | rm -rf .git/rebase-apply | cmake --build build * | ctest * | ninja -C build | clang-format -i *
timeout 60 npm test * | NODE_ENV=test npm test * | cd web && npm test * | npm test 2>&1 | head * | cat x.json | jq *
`), "\n") {
		for e := range strings.SplitSeq(entries, " | ") {
			words, open := entry(e)
			if d, bad := Judge(words, open); bad {
				t.Errorf("%s: %s", e, d.Why)
			}
		}
	}
}

// TestBetterIsOfTheSameLanguage: a narrower entry for one language is none for
// another.
func TestBetterIsOfTheSameLanguage(t *testing.T) {
	for text, want := range map[string]string{"node": "node --test", "node -e": "node --test", "osascript": "", "ruby": "", "perl -e": ""} {
		if d, bad := Judge(strings.Fields(text), true); !bad || d.Better != want {
			t.Errorf("%s: %v, better %q, want %q", text, bad, d.Better, want)
		}
	}
}
