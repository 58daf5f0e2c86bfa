package command

import (
	"slices"

	"ringwall/internal/agent"
)

// builds run what a file of the project says, which the agent can write.
func builds() []row {
	recipe := "runs what a file of the project says, and the agent can write that file"
	return slices.Concat(
		group(bare, agent.Executes, recipe, "make test", "make", "gmake"),
		group(extended, agent.Executes, "runs the file that the next word names", "make test", "make -f", "make -C", "make --eval"),
		group(bare, agent.Executes, recipe, "just test", "just"),
		group(bare, agent.Executes, recipe, "task test", "task"),
		group(bare, agent.Executes, recipe, "rake test", "rake"),
		group(bare, agent.Executes, recipe, "mvn test", "mvn", "mvnw"),
		group(bare, agent.Executes, recipe, "gradle test", "gradle", "gradlew"),
		group(bare, agent.Executes, recipe, "bazel test", "bazel", "bazelisk"),
		group(bare, agent.Executes, recipe, "", "ant", "invoke", "nox", "tox", "mage", "grunt", "gulp"),
		group(bare, agent.Executes, "-P and -E run scripts and programs", "cmake --build", "cmake"),
		group(fine, "", "", "", "cmake --build"),
		group(bare, agent.Executes, "go run and go generate start any program", "go test", "go"),
		group(extended, agent.Executes, "builds and starts any program", "go test", "go run", "go generate"),
		group(always, agent.Executes, "starts the program that it names", "go test",
			"go ... -exec", "go ... -toolexec", "go ... -vettool"),
		group(always, agent.Redirects, "changes where Go gets modules and which programs it starts", "go env", "go env ... -w"),
		group(bare, agent.Executes, "cargo run starts any program", "cargo test", "cargo"),
		group(bare, agent.Executes, "builds and starts any program", "cargo test", "cargo run"),
		group(always, agent.Executes, "changes which programs cargo starts", "cargo test", "cargo --config", "cargo ... --config"),
		group(bare, agent.Executes, "starts any program of the project", "dotnet test", "dotnet", "dotnet run"),
		group(bare, agent.Executes, "rails runner and console run any text", "rails test", "rails"),
		group(extended, agent.Executes, "runs the text that follows", "rails test", "rails runner"),
	)
}

// packages are package managers, which run scripts and programs by name.
func packages() []row {
	scripts := "runs any script of package.json, and the agent can write that file"
	return slices.Concat(
		group(bare, agent.Executes, scripts, "npm test", "npm", "npm run", "npm run-script"),
		group(extended, agent.Executes, "starts any program, one from the registry too", "npm test", "npm x", "npm explore"),
		group(bare, agent.Executes, scripts, "yarn test", "yarn", "yarn run"),
		group(bare, agent.Executes, scripts, "pnpm test", "pnpm", "pnpm run"),
		group(bare, agent.Executes, scripts, "bun test", "bun", "bun run"),
		group(bare, agent.Executes, "composer exec and run-script start any program", "composer install", "composer",
			"composer exec", "composer run-script"),
		group(bare, agent.Executes, "starts any program in its environment", "uv sync", "uv", "poetry", "pipenv", "hatch", "pdm"),
		group(bare, agent.Executes, "starts any program in its environment", "nix build", "nix", "nix shell", "nix develop"),
		group(extended, agent.Executes, "starts any program in its environment", "", "nix-shell", "mise", "asdf", "devbox"),
		group(fine, "", "", "", "mise ls", "mise current", "asdf current", "mise install"),
		group(extended, agent.Redirects, "changes where packages come from, and which shell runs their scripts", "npm config get",
			"npm config set", "npm set", "pnpm config set", "yarn config set", "pip config set"),
	)
}

// containers start any image, which may hold any folder of the machine.
func containers() []row {
	run := "starts any image, with any folder of the machine in it"
	return slices.Concat(
		group(bare, agent.Executes, run, "docker ps", "docker", "docker compose", "podman", "nerdctl"),
		group(extended, agent.Executes, run, "docker ps", "docker run", "docker exec", "docker build", "docker cp",
			"docker compose run", "docker compose exec", "podman run", "podman exec", "podman build", "nerdctl run"),
		group(bare, agent.Executes, run, "docker-compose ps", "docker-compose"),
		group(bare, agent.Executes, "starts and removes anything in the cluster", "kubectl get", "kubectl"),
		group(extended, agent.Executes, "starts any program in the cluster", "kubectl get", "kubectl exec", "kubectl run",
			"kubectl apply"),
		group(bare, agent.Executes, "changes anything in the cluster", "helm list", "helm"),
	)
}
