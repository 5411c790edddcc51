//! Keys of every kind that an issuer might have, and the tokens they sign.
//! It knows JWS and JWK, by hand.
//! It refuses secrecy: these keys are for tests, and the one that is fixed is published here.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
    RsaEncoding, RsaKeyPair,
};
use serde_json::{Value, json};

use crate::watchdog::prelude::*;

/// A key for tests and nothing else; `ring` cannot make RSA keys.
const RSA: &str = "\
    MIIEoAIBAAKCAQEAneRNLlCn2e3IdotYd7hv+CNgypDJzKnUqvTCEep9o580pdQdmn5dz29U8HoHlW0qjfSKY/OV\
    WyanQQP7rkQ6CY+0nkh1z1z+CpsDdwmZEW7sjUMpJTLMu9myz4xOMS4kVI3cKHVPsHMoYFuTFAzfNZ8Bt8PzX1P5\
    ccyYLF7OsWdl/dxMnMBhjuLkjpXY4EbEyW8FSPNCx1uSPR8YDd152b3Nsa1IApA3vlpx1Oc85xwr8wjo7HuBuGwl\
    VqId0TAAtBNtvwQQF0N+ISxYdeg/3d/zuj1SaPeP4zRVDNG0WYjMUw0B9BhcP4RTZ6d1eI9L11l+3o4YS2UbqVAG\
    gbukCQIDAQABAoH/FCuRZK6dNIW6FihhoBkVnQW4kJnbjIwSlXh2IvA6Eyg5+djJyW38aAg5OeeMUtZTc3AyPa78\
    10lRtbCwIN7iP0z2ehKOwWCRmESBGdnKtBoYtbo0Aqj18F7MNpruyoj+CC4ENFZWZgTB19lDRhOOSktRqn16RF36\
    pbTvEQfcHWUnFlc7wcRi1tjAL0WTY5w3EmI779Qee+WpYUQQlUdwUL3Evz9tUMfJ+lLX7+ucRSyj+xf8OLNnpF8G\
    OKHW78g9Gd1H7y+nF67KLZFI7QuHdqN5oc+8+iWf9uMjT3MKzVnk2Zg6QtSduAf9KGlV+hT9YAtM8dl/bVGLhnZp\
    I4NlAoGBANA1rqRkmhIHEag2Mwl8vvtPLalzhL6+iOdSMw2O9eZnvH0Oz8C6pm1moUVAvKt8nsNZ75okactsd0cn\
    DKRIsa5A6cRDQ5k4/6LndSmo0ZJ2+sHQBHfzfF1NXI1GFk/DH5c8oB8nMkBUVM5rFvhzoHFGCgjBx2+H83MbhBqO\
    QbH7AoGBAMIh9c0lArDWA2meFKrncDZeFYFVYClzrUmnpeDE+7MIOXt9oLtn65TcNKEdaGId5VGjlj09C6ZGwGUA\
    HdddERlhQC9DVF4SuVN5BVE1Mm0eQwfJiXO9/ZabHI9vN55Xm7aOr9SQbix+CYIOmDh1DPoRxRkijwKAwCfkbHWY\
    dObLAoGAEHQdj/ovPrt2Rr+5uscz5HI2Xoy1cclm0jjptemVPxb1i0BvZICbhEu29N0Py9F2TmO+DoVQIvY4WtQY\
    KKdh+y5ACvVx0xrxALOfy6H+pb9nQ4enwr7oFgt2A+gE/VqjFXWCBdQ4IWNIrGNEFnA0vp7VTinaE9M/htomz15s\
    jJ8CgYBKx8QkgtY3gikMXT1+2+oIt1M3X8jMDug4kCDApYCDZW6nGCx7JDvGOtD3IxnbecKlIQu1iTdclLJ19YaJ\
    OCtnCGQuEJSGLFZBRkP7FS/Ygqi1bjfJYu01P4jP47qb/wlXWD149y3Ja7+D3tVaIhSem4u98+b8wtXCSCZTYifd\
    4wKBgD4YDE/XZrBsZLeI8/CU9tj8YUQaP94oXgg/mK+CJI5+D/BpMxoGM+lMSShdT0zpnmiyKoXfILaN30UhHkGm\
    ufl/VP2YUBgV20J2QVg3u9xRT+LdSoLvehMC/p+MyOy4ngASD+VZ//0hAg3X9M4WhOZkF6TIHc/G95L0Pm12WbRR";

/// The pair of an algorithm.
enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Hmac(hmac::Key, Vec<u8>),
    None,
}

/// A key with a name.
pub struct Signer {
    pub kid: &'static str,
    alg: &'static str,
    pair: Pair,
}

impl Signer {
    /// A new key, or for RSA the fixed one; `alg` is ES256, ES384, `EdDSA`, RS256, PS256, HS256 or none.
    pub fn new(alg: &'static str, kid: &'static str) -> Result<Self, Failure> {
        let pair = match alg {
            "ES256" => Pair::Ecdsa(ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING)?),
            "ES384" => Pair::Ecdsa(ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING)?),
            "EdDSA" => {
                let document =
                    Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(fault)?;
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(fault)?)
            }
            "RS256" => Pair::Rsa(rsa()?, &RSA_PKCS1_SHA256),
            "PS256" => Pair::Rsa(rsa()?, &RSA_PSS_SHA256),
            "HS256" => Self::secret(b"a shared secret of thirty-two b.".to_vec()),
            _ => Pair::None,
        };
        Ok(Self { kid, alg, pair })
    }

    /// HS256 with somebody's public key for a secret, under that key's name.
    pub fn confused(with: &Self) -> Self {
        let public = with.jwk().to_string().into_bytes();
        let secret = match &with.pair {
            Pair::Rsa(pair, _) => PublicKeyComponents::<Vec<u8>>::from(pair.public()).n,
            Pair::Ecdsa(pair) => pair.public_key().as_ref().to_vec(),
            _ => public,
        };
        Self {
            kid: with.kid,
            alg: "HS256",
            pair: Self::secret(secret),
        }
    }

    fn secret(bytes: Vec<u8>) -> Pair {
        Pair::Hmac(hmac::Key::new(hmac::HMAC_SHA256, &bytes), bytes)
    }

    /// What the issuer publishes.
    pub fn jwk(&self) -> Value {
        match &self.pair {
            Pair::Ecdsa(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point.get(1..).unwrap_or_default().split_at(point.len() / 2);
                let crv = if self.alg == "ES256" {
                    "P-256"
                } else {
                    "P-384"
                };
                json!({ "kty": "EC", "crv": crv, "kid": self.kid, "x": url(x), "y": url(y) })
            }
            Pair::Ed25519(pair) => {
                let x = url(pair.public_key().as_ref());
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": self.kid, "x": x })
            }
            Pair::Rsa(pair, _) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({ "kty": "RSA", "kid": self.kid, "n": url(&public.n), "e": url(&public.e) })
            }
            Pair::Hmac(_, secret) => json!({ "kty": "oct", "kid": self.kid, "k": url(secret) }),
            Pair::None => json!({}),
        }
    }

    /// A token with the usual header.
    pub fn sign(&self, claims: &Value) -> Result<String, Failure> {
        let header = json!({ "alg": self.alg, "typ": "JWT", "kid": self.kid });
        self.sign_as(&header, claims)
    }

    /// A token with any header.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> Result<String, Failure> {
        let text = format!(
            "{}.{}",
            url(header.to_string().as_bytes()),
            url(claims.to_string().as_bytes())
        );
        let bytes = text.as_bytes();
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ecdsa(pair) => pair.sign(&random, bytes).map_err(fault)?.as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(bytes).as_ref().to_vec(),
            Pair::Rsa(pair, padding) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(*padding, &random, bytes, &mut signature)
                    .map_err(fault)?;
                signature
            }
            Pair::Hmac(key, _) => hmac::sign(key, bytes).as_ref().to_vec(),
            Pair::None => Vec::new(),
        };
        Ok(format!("{text}.{}", url(&signature)))
    }
}

fn ecdsa(alg: &'static EcdsaSigningAlgorithm) -> Result<EcdsaKeyPair, Failure> {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(alg, &random).map_err(fault)?;
    EcdsaKeyPair::from_pkcs8(alg, document.as_ref(), &random).map_err(fault)
}

fn rsa() -> Result<RsaKeyPair, Failure> {
    let der = BASE64_STANDARD.decode(RSA).map_err(fault)?;
    RsaKeyPair::from_der(&der).map_err(fault)
}

fn url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn fault(error: impl std::fmt::Display) -> Failure {
    Failure::fault(format!("keys: {error}"))
}
