//! What somebody wants to run: a deployment as it was asked for.
//! It knows its fields and which values they may have.
//! It refuses what could not run as asked, before anything is touched.

use serde_json::{Map, Value, json};

use super::json::{Fields, Pairs};
use super::{names, quantity};

/// The label with the least and the most replicas.
const MIN: &str = "com.openfaas.scale.min";
const MAX: &str = "com.openfaas.scale.max";
const FACTOR: &str = "com.openfaas.scale.factor";

/// The label that providers on Kubernetes add, with the name of the function.
const OWN_LABEL: &str = "faas_function";

/// One function as deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deployment {
    pub service: String,
    pub image: String,
    pub env_process: String,
    pub env: Pairs,
    pub constraints: Vec<String>,
    pub secrets: Vec<String>,
    pub labels: Option<Pairs>,
    pub annotations: Option<Pairs>,
    pub limits: Option<Pairs>,
    pub requests: Option<Pairs>,
    pub read_only: bool,
    /// Whether the provider's own label is told, too.
    pub labelled: bool,
}

impl Deployment {
    pub fn read(fields: &Fields) -> Result<Self, String> {
        let deployment = Self {
            service: fields.text("service")?,
            image: fields.text("image")?,
            env_process: fields.text("envProcess")?,
            env: fields.pairs("envVars")?.unwrap_or_default(),
            constraints: fields.texts("constraints")?,
            secrets: fields.texts("secrets")?,
            labels: fields.pairs("labels")?,
            annotations: fields.pairs("annotations")?,
            limits: resources(fields, "limits")?,
            requests: resources(fields, "requests")?,
            read_only: fields.flag("readOnlyRootFilesystem")?,
            labelled: false,
        };
        deployment.check()?;
        Ok(deployment)
    }

    fn check(&self) -> Result<(), String> {
        if self.service.is_empty() {
            return Err("service: expected the name of the function".to_owned());
        }
        names::label("service", &self.service)?;
        if self.image.is_empty() {
            return Err("image: expected the reference of an image".to_owned());
        }
        for name in &self.secrets {
            names::secret(name)?;
        }
        for (name, value) in &self.env {
            if !names::is_variable(name) || value.contains('\0') {
                return Err(format!(
                    "envVars.{name}: expected a name without = and a value without NUL"
                ));
            }
        }
        if self.env_process.contains('\0') {
            return Err("envProcess: expected text without NUL".to_owned());
        }
        self.bounds().map(|_| ())
    }

    fn label(&self, name: &str) -> Option<&str> {
        self.labels.as_ref()?.get(name).map(String::as_str)
    }

    /// How many bytes of memory a replica may have.
    pub fn memory(&self) -> Option<u64> {
        quantity::memory(self.limits.as_ref()?.get("memory")?)
    }

    /// The least and the most replicas that alerts may bring.
    pub fn bounds(&self) -> Result<(u32, u32), String> {
        let least = number(MIN, self.label(MIN))?.unwrap_or(1);
        let most = number(MAX, self.label(MAX))?.unwrap_or(least.max(5));
        if least > most {
            return Err(format!("{MIN} {least} is over {MAX} {most}"));
        }
        Ok((least, most))
    }

    /// How many replicas there are before anybody scales.
    pub fn least(&self) -> u32 {
        self.bounds().map_or(1, |(least, _)| least).max(1)
    }

    /// By how much of the most an alert raises, in percent.
    pub fn factor(&self) -> u32 {
        number(FACTOR, self.label(FACTOR))
            .ok()
            .flatten()
            .unwrap_or(10)
            .min(100)
    }

    /// The fields that are told again as they were given, with the provider's own label.
    pub fn told(&self) -> Map<String, Value> {
        let mut out = Map::new();
        let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
        put("name", json!(self.service));
        put("image", json!(self.image));
        if !self.env_process.is_empty() {
            put("envProcess", json!(self.env_process));
        }
        if !self.env.is_empty() {
            put("envVars", json!(self.env));
        }
        if self.read_only {
            put("readOnlyRootFilesystem", json!(true));
        }
        for (name, texts) in [
            ("constraints", &self.constraints),
            ("secrets", &self.secrets),
        ] {
            if !texts.is_empty() {
                put(name, json!(texts));
            }
        }
        let mut labels = self.labels.clone();
        if self.labelled {
            let own = (OWN_LABEL.to_owned(), self.service.clone());
            labels.get_or_insert_default().extend([own]);
        }
        for (name, pairs) in [
            ("labels", &labels),
            ("annotations", &self.annotations),
            ("limits", &self.limits),
            ("requests", &self.requests),
        ] {
            if let Some(pairs) = pairs {
                put(name, json!(pairs));
            }
        }
        out
    }
}

fn number(name: &str, text: Option<&str>) -> Result<Option<u32>, String> {
    match text.map(str::parse) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(format!(
            "label {name} {:?}: expected a whole number",
            text.unwrap_or_default()
        )),
    }
}

fn resources(fields: &Fields, name: &str) -> Result<Option<Pairs>, String> {
    let Some(inner) = fields.object(name)? else {
        return Ok(None);
    };
    let mut out = Pairs::new();
    for key in [
        "memory",
        "cpu",
        "nvidia.com/gpu",
        "amd.com/gpu",
        "intel.com/gpu",
    ] {
        let text = inner.text(key)?;
        let good = match key {
            _ if text.is_empty() => continue,
            "memory" => quantity::memory(&text).is_some(),
            "cpu" => quantity::is_cpu(&text),
            _ => return Err(format!("{name}.{key}: this reference provider has none")),
        };
        if !good {
            return Err(format!(
                "{name}.{key} {text:?}: expected an amount such as 128Mi or 100m"
            ));
        }
        out.insert(key.to_owned(), text);
    }
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Deployment, String> {
        Deployment::read(&Fields::parse(text.as_bytes())?)
    }

    #[test]
    fn what_was_given_is_told_and_nothing_else() {
        let told = |text| Value::Object(read(text).unwrap().told());
        let least = r#"{"service":"f","image":"i","registryAuth":"x","foo":[1]}"#;
        assert_eq!(told(least), json!({"name": "f", "image": "i"}));
        let more =
            r#"{"service":"f","image":"i","labels":{"a":"b"},"envVars":{"A":""},"secrets":["s"]}"#;
        let expected =
            json!({"name":"f","image":"i","labels":{"a":"b"},"envVars":{"A":""},"secrets":["s"]});
        assert_eq!(told(more), expected);
        let mut labelled = read(least).unwrap();
        labelled.labelled = true;
        assert_eq!(labelled.told()["labels"], json!({"faas_function": "f"}));
    }

    #[test]
    fn what_cannot_run_is_refused() {
        for (text, word) in [
            (r#"{"image":"i"}"#, "service"),
            (r#"{"service":"f"}"#, "image"),
            (r#"{"service":"F","image":"i"}"#, "service"),
            (
                r#"{"service":"f","image":"i","secrets":["../x"]}"#,
                "secret",
            ),
            (
                r#"{"service":"f","image":"i","envVars":{"A=B":""}}"#,
                "envVars",
            ),
            (
                r#"{"service":"f","image":"i","limits":{"memory":"5 apples"}}"#,
                "limits.memory",
            ),
            (
                r#"{"service":"f","image":"i","labels":{"com.openfaas.scale.min":"x"}}"#,
                "scale.min",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
