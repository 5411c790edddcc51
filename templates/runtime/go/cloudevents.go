package faas

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const (
	structuredType = "application/cloudevents+json"
	batchType      = "application/cloudevents-batch+json"
)

// CloudEvent is an event of version 1.0: its attributes, extensions among them, and its data as bytes. Data of a JSON type is JSON.
type CloudEvent struct {
	ID         string
	Source     string
	Type       string
	Extensions map[string]string
	// DataContentType is the type of Data; JSON where it is empty.
	DataContentType string
	Data            []byte
}

// Attribute is an attribute by its name in the specification, such as subject or time; empty where there is none.
func (e CloudEvent) Attribute(name string) string { return e.attributes()[name] }

func (e CloudEvent) attributes() map[string]string {
	all := map[string]string{"specversion": "1.0", "id": e.ID, "source": e.Source, "type": e.Type}
	if e.DataContentType != "" {
		all["datacontenttype"] = e.DataContentType
	}
	for name, value := range e.Extensions {
		all[name] = value
	}
	return all
}

var attributeName = regexp.MustCompile(`^[a-z0-9]+$`)

func bad(format string, words ...any) error {
	return &Error{Status: http.StatusBadRequest, Message: "CloudEvents: " + fmt.Sprintf(format, words...)}
}

// made checks the attributes, and takes those out that have fields of their own.
func made(attributes map[string]string, data []byte) (CloudEvent, error) {
	if version := attributes["specversion"]; version != "1.0" {
		return CloudEvent{}, bad("specversion %q: 1.0 is expected", version)
	}
	for _, name := range []string{"id", "source", "type"} {
		if attributes[name] == "" {
			return CloudEvent{}, bad("the attribute %q is missing", name)
		}
	}
	event := CloudEvent{
		ID: attributes["id"], Source: attributes["source"], Type: attributes["type"],
		DataContentType: attributes["datacontenttype"], Data: data, Extensions: map[string]string{},
	}
	for name, value := range attributes {
		if !attributeName.MatchString(name) {
			return CloudEvent{}, bad("attribute name %q: lower case letters and digits are expected", name)
		}
		switch name {
		case "specversion", "id", "source", "type", "datacontenttype":
		default:
			event.Extensions[name] = value
		}
	}
	return event, nil
}

// eventMode is how a request carries events: binary, structured, batch, or not at all.
func eventMode(header http.Header) string {
	media, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(media)) {
	case structuredType:
		return "structured"
	case batchType:
		return "batch"
	}
	if header.Get("Ce-Specversion") != "" {
		return "binary"
	}
	return ""
}

func decodeEvents(how string, header http.Header, content []byte) ([]CloudEvent, error) {
	switch how {
	case "binary":
		event, err := fromBinary(header, content)
		return []CloudEvent{event}, err
	case "structured":
		event, err := fromJSON(content)
		return []CloudEvent{event}, err
	}
	var batch []json.RawMessage
	if err := json.Unmarshal(content, &batch); err != nil {
		return nil, bad("a batch is a JSON array")
	}
	events := make([]CloudEvent, 0, len(batch))
	for _, one := range batch {
		event, err := fromJSON(one)
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, nil
}

func fromBinary(header http.Header, content []byte) (CloudEvent, error) {
	attributes := map[string]string{}
	for name, values := range header {
		if short, ok := strings.CutPrefix(strings.ToLower(name), "ce-"); ok {
			value, err := url.PathUnescape(values[0])
			if err != nil {
				value = values[0]
			}
			attributes[short] = value
		}
	}
	if kind := header.Get("Content-Type"); kind != "" {
		attributes["datacontenttype"] = kind
	}
	if isJSON(attributes["datacontenttype"]) && len(content) > 0 && !json.Valid(content) {
		return CloudEvent{}, bad("the data is not JSON")
	}
	return made(attributes, content)
}

func fromJSON(content []byte) (CloudEvent, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(content, &members); err != nil || members == nil {
		return CloudEvent{}, bad("an event is a JSON object")
	}
	data := []byte(members["data"])
	attributes := map[string]string{}
	for name, value := range members {
		var text string
		switch {
		case name == "data" || name == "data_base64" || string(value) == "null":
		case json.Unmarshal(value, &text) == nil:
			attributes[name] = text
		default:
			attributes[name] = string(value)
		}
	}
	if encoded, ok := members["data_base64"]; ok {
		var err error
		if err = json.Unmarshal(encoded, &data); err != nil {
			return CloudEvent{}, bad("data_base64 is not base64")
		}
	} else if kind := attributes["datacontenttype"]; kind != "" && !isJSON(kind) {
		// Text that is no JSON is a string in there.
		var text string
		if json.Unmarshal(data, &text) == nil {
			data = []byte(text)
		}
	}
	return made(attributes, data)
}

func isJSON(kind string) bool {
	media, _, _ := strings.Cut(kind, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return media == "" || strings.HasSuffix(media, "/json") || strings.HasSuffix(media, "+json")
}

// carry gives each event to the handler, in order; what it returns goes back the way they came.
func (g *guard) carry(w *writer, r *http.Request, how string) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		// A body that is too large is told by the writer, and one that broke off has nobody to be told.
		return
	}
	events, err := decodeEvents(how, r.Header, content)
	var replies []CloudEvent
	for _, event := range events {
		if err != nil {
			break
		}
		var reply *CloudEvent
		if reply, err = g.function.OnCloudEvent(r.Context(), event); reply != nil && err == nil {
			replies = append(replies, *reply)
		}
	}
	var told *Error
	switch {
	case errors.As(err, &told):
		w.fail(told.Status, told.Message, "")
	case err != nil:
		panic(err)
	default:
		encodeEvents(w, how, replies)
	}
}

func encodeEvents(w http.ResponseWriter, how string, events []CloudEvent) {
	if len(events) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var content []byte
	switch how {
	case "binary":
		event := events[0]
		for name, value := range event.attributes() {
			if name != "datacontenttype" {
				w.Header().Set("Ce-"+name, escaped(value))
			}
		}
		w.Header().Set("Content-Type", event.kind())
		content = event.Data
	case "structured":
		w.Header().Set("Content-Type", structuredType)
		content, _ = json.Marshal(events[0])
	default:
		w.Header().Set("Content-Type", batchType)
		content, _ = json.Marshal(events)
	}
	// A client that has gone is nobody to tell.
	_, _ = w.Write(content)
}

func (e CloudEvent) kind() string {
	if e.DataContentType == "" {
		return "application/json"
	}
	return e.DataContentType
}

// MarshalJSON is the JSON format of the specification.
func (e CloudEvent) MarshalJSON() ([]byte, error) {
	members := map[string]any{}
	for name, value := range e.attributes() {
		members[name] = value
	}
	switch {
	case len(e.Data) == 0:
	case isJSON(e.DataContentType):
		members["data"] = json.RawMessage(e.Data)
	case strings.HasPrefix(strings.ToLower(e.DataContentType), "text/"):
		members["data"] = string(e.Data)
	default:
		members["data_base64"] = base64.StdEncoding.EncodeToString(e.Data)
	}
	return json.Marshal(members)
}

// escaped is a value as a header can hold it, by the HTTP binding (3.1.3.2).
func escaped(value string) string {
	var out strings.Builder
	for _, c := range []byte(value) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '%' {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}
