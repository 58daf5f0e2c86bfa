package usage

// key is the name of a member of an object that means something here. Of all
// others only the place counts.
type key uint8

const (
	other   key = iota
	element     // of an array
	usage
	message
	response
	model
	kind
	tier
	delta
	choices
	candidates
	finish
	stop
	text
	inputTokens  // Anthropic, and of OpenAI Responses
	outputTokens // likewise
	promptTokens // OpenAI Chat Completions
	completionTokens
	promptCount // Gemini
	candidatesCount
	toolCount
	thoughtsCount
	cachedCount // part of promptCount
	total       // all of them
	cached      // part of inputTokens or promptTokens
	cacheRead   // beside inputTokens
	cacheWrite  // likewise; the sum of the next two
	write5m
	write1h
	searches
	audio
	modality
	part // an object in usage that holds more of it
	keys // how many there are
)

// keyOf knows the names of all APIs.
func keyOf(name []byte) key {
	switch string(name) {
	case "usage", "usageMetadata":
		return usage
	case "message":
		return message
	case "response":
		return response
	case "model", "modelVersion":
		return model
	case "type":
		return kind
	case "service_tier", "speed":
		return tier
	case "delta":
		return delta
	case "choices":
		return choices
	case "candidates":
		return candidates
	case "finish_reason", "finishReason":
		return finish
	case "stop_reason":
		return stop
	case "text", "thinking", "partial_json", "content", "reasoning_content", "arguments":
		return text
	case "modality":
		return modality
	}
	return numberOf(name)
}

// numberOf knows those whose value is a number of tokens, and what they are in.
func numberOf(name []byte) key {
	switch string(name) {
	case "input_tokens":
		return inputTokens
	case "output_tokens":
		return outputTokens
	case "prompt_tokens":
		return promptTokens
	case "completion_tokens":
		return completionTokens
	case "promptTokenCount":
		return promptCount
	case "candidatesTokenCount":
		return candidatesCount
	case "toolUsePromptTokenCount":
		return toolCount
	case "thoughtsTokenCount":
		return thoughtsCount
	case "cachedContentTokenCount":
		return cachedCount
	case "total_tokens", "totalTokenCount":
		return total
	case "cached_tokens":
		return cached
	case "cache_read_input_tokens":
		return cacheRead
	case "cache_creation_input_tokens":
		return cacheWrite
	case "ephemeral_5m_input_tokens":
		return write5m
	case "ephemeral_1h_input_tokens":
		return write1h
	case "web_search_requests":
		return searches
	case "audio_tokens":
		return audio
	case "input_tokens_details", "prompt_tokens_details", "output_tokens_details", "completion_tokens_details",
		"cache_creation", "server_tool_use", "promptTokensDetails", "candidatesTokensDetails":
		return part
	}
	return other
}
