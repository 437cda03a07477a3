//! Media types.

/// An artifact's manifest.
pub const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
/// A list of manifests.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// The config blob of a WebAssembly artifact.
pub const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// The component.
pub const COMPONENT: &str = "application/wasm";
/// The config of an artifact that needs none.
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// A plugin's manifest, as a referrer and as its layer.
pub const MANIFEST: &str = "application/vnd.auth-connector.manifest.v1+json";
/// minisign's signature over it.
pub const SIGNATURE: &str = "application/vnd.dev.minisign.signature";
/// A plugin's guides and its logo, as a referrer.
pub const GUIDES: &str = "application/vnd.auth-connector.guides.v1";
/// A guide.
pub const MARKDOWN: &str = "text/markdown";
/// A logo.
pub const SVG: &str = "image/svg+xml";
/// The annotation of a layer that has its file's name.
pub(crate) const TITLE: &str = "org.opencontainers.image.title";
/// A CycloneDX document.
pub const SBOM: &str = "application/vnd.cyclonedx+json";
/// A Sigstore bundle.
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
