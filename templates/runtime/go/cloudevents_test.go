package faas

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const event = `{"specversion":"1.0","id":"1","source":"/here","type":"made"`

func replying(_ context.Context, event CloudEvent) (*CloudEvent, error) {
	switch event.Type {
	case "silent":
		return nil, nil
	case "refused":
		return nil, &Error{Status: 422, Message: "not this one"}
	case "failing":
		return nil, errors.New("s3cret")
	}
	return &CloudEvent{ID: "r" + event.ID, Source: "/reply", Type: "reply", Data: event.Data, DataContentType: event.DataContentType}, nil
}

func TestAReplyGoesBackTheWayTheEventCame(t *testing.T) {
	server, _ := served(t, Function{OnCloudEvent: replying})
	got := ask(t, server, "POST", "/", strings.NewReader(`{"a":1}`), "Content-Type", "application/json",
		"Ce-Specversion", "1.0", "Ce-Id", "1", "Ce-Source", "/here", "Ce-Type", "made")
	if got.StatusCode != 200 || got.Header.Get("Ce-Id") != "r1" || got.body != `{"a":1}` {
		t.Errorf("binary: %d %v %s", got.StatusCode, got.Header, got.body)
	}
	got = ask(t, server, "POST", "/", strings.NewReader(event+`,"data":{"a":1}}`), "Content-Type", structuredType)
	if want := `{"data":{"a":1},"id":"r1","source":"/reply","specversion":"1.0","type":"reply"}`; got.body != want {
		t.Errorf("structured: %s", got.body)
	}
	got = ask(t, server, "POST", "/", strings.NewReader("["+event+"},"+event+"}]"), "Content-Type", batchType)
	if strings.Count(got.body, `"id":"r1"`) != 2 || got.Header.Get("Content-Type") != batchType {
		t.Errorf("batch: %s", got.body)
	}
	if got = ask(t, server, "POST", "/", strings.NewReader(strings.Replace(event, "made", "silent", 1)+"}"), "Content-Type", structuredType); got.StatusCode != 204 {
		t.Errorf("nothing in return: %d", got.StatusCode)
	}
}

func TestErrorsAreTheCallersWhereTheyAreMeantForHim(t *testing.T) {
	server, lines := served(t, Function{OnCloudEvent: replying})
	for kind, status := range map[string]int{"refused": 422, "failing": 500} {
		got := ask(t, server, "POST", "/", strings.NewReader(strings.Replace(event, "made", kind, 1)+"}"), "Content-Type", structuredType)
		if got.StatusCode != status || strings.Contains(got.body, "s3cret") {
			t.Errorf("%s: %d %s", kind, got.StatusCode, got.body)
		}
	}
	if !strings.Contains(lines.String(), "s3cret") {
		t.Error("the failure is not in the log")
	}
	if got := ask(t, server, "POST", "/", strings.NewReader("{}")); got.StatusCode != 415 {
		t.Errorf("no event at all: %d", got.StatusCode)
	}
}

func TestWhatIsNoEventIsTheCallersMistake(t *testing.T) {
	for _, one := range []struct{ how, content string }{
		{"structured", "{"}, {"structured", "[]"}, {"structured", "null"}, {"structured", "{}"},
		{"structured", event + `,"data_base64":"?"}`}, {"structured", event + `,"Bad-Name":"x"}`},
		{"structured", strings.Replace(event, "1.0", "0.3", 1) + "}"}, {"batch", "{}"}, {"batch", "[{}]"},
	} {
		var told *Error
		if _, err := decodeEvents(one.how, http.Header{}, []byte(one.content)); !errors.As(err, &told) || told.Status != 400 {
			t.Errorf("%s %s: %v", one.how, one.content, err)
		}
	}
}

func TestWhatGoesOutComesInTheSame(t *testing.T) {
	for kind, data := range map[string]string{"": `{"a":1}`, "text/plain": "hi", "image/png": "\xff\x00"} {
		for _, how := range []string{"binary", "structured", "batch"} {
			sent := CloudEvent{ID: "1", Source: "/s", Type: "t", DataContentType: kind, Data: []byte(data), Extensions: map[string]string{"subject": "café %"}}
			recorded := httptest.NewRecorder()
			encodeEvents(recorded, how, []CloudEvent{sent})
			if got := eventMode(recorded.Header()); got != how {
				t.Errorf("%s came as %q", how, got)
			}
			events, err := decodeEvents(how, recorded.Header(), recorded.Body.Bytes())
			if err != nil || len(events) != 1 {
				t.Fatalf("%s %q: %v", how, kind, err)
			}
			if got := events[0]; string(got.Data) != data || got.Attribute("subject") != "café %" {
				t.Errorf("%s %q: %+v", how, kind, got)
			}
		}
	}
}
