// A provider of a few hundred lines on the unmodified Go SDK, so that the suite sees how the SDK itself routes, authenticates,
// proxies and streams logs. It knows images that lie beside it as archives and runs their programs as processes of this machine.
// It is a subject of the suite, not a product: it refuses everything that would need a container engine or a disk.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	bootstrap "github.com/openfaas/faas-provider"
	"github.com/openfaas/faas-provider/logs"
	"github.com/openfaas/faas-provider/proxy"
	"github.com/openfaas/faas-provider/types"
)

const sdk = "github.com/openfaas/faas-provider"

func main() {
	config, err := types.ReadConfig{}.Read(types.OsEnv{})
	if err != nil {
		log.Fatal(err)
	}
	images, err := loadImages(os.Getenv("PROBES"))
	if err != nil {
		log.Fatal(err)
	}
	cluster := newCluster(images, strings.Split(os.Getenv("namespaces"), ","))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	bootstrap.Serve(ctx, &types.FaaSHandlers{
		FunctionProxy:  proxy.NewHandlerFunc(*config, cluster, false),
		FunctionLister: cluster.list,
		DeployFunction: cluster.deploy,
		UpdateFunction: cluster.update,
		DeleteFunction: cluster.remove,
		FunctionStatus: cluster.status,
		ScaleFunction:  cluster.scale,
		Secrets:        cluster.secrets,
		ListNamespaces: func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, cluster.namespaces) },
		Logs:           logs.NewLogHandlerFunc(cluster, config.WriteTimeout),
		Health:         func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) },
		Info:           info,
	}, config)
}

// Which SDK is in here: its version, and the checksum that Go knows it by.
func info(w http.ResponseWriter, _ *http.Request) {
	told := types.ProviderInfo{Name: "sdk", Orchestration: "processes", Version: &types.VersionInfo{}}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == sdk {
				told.Version.Release, told.Version.SHA = module.Version, module.Sum
			}
		}
	}
	answer(w, http.StatusOK, told)
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}
