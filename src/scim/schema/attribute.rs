//! What an attribute is: its name, kind of value and characteristics. RFC 7643 §2.2, §2.3, §7.
//!
//! Attributes are constants, written with the small builder below; nothing is made at run time.

use serde_json::{Value, json};

/// The kind of value an attribute holds (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A JSON boolean.
    Boolean,
    /// A JSON number.
    Decimal,
    /// A JSON number without fraction.
    Integer,
    /// An RFC 3339 time, as a string.
    DateTime,
    /// Base64, as a string.
    Binary,
    /// A URI, as a string.
    Reference,
    /// A JSON object of sub-attributes.
    Complex,
}

/// Who may write an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    /// Only the server.
    ReadOnly,
    /// The client, at any time.
    ReadWrite,
    /// The client, when the value is made.
    Immutable,
    /// The client; it is never read back.
    WriteOnly,
}

/// When an attribute is part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returned {
    /// In every answer.
    Always,
    /// In no answer.
    Never,
    /// Unless the request says otherwise.
    Default,
    /// When the request names it.
    Request,
}

/// An attribute or sub-attribute of a schema.
#[derive(Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name, in the case of the schema.
    pub name: &'static str,
    /// For people.
    pub description: &'static str,
    /// The kind of value, or of each value.
    pub kind: Kind,
    /// Whether the value is a list.
    pub multi_valued: bool,
    /// Whether a resource cannot be without it.
    pub required: bool,
    /// Whether upper and lower case differ in comparisons.
    pub case_exact: bool,
    /// Who may write it.
    pub mutability: Mutability,
    /// When it is answered.
    pub returned: Returned,
    /// Whether no two resources of the directory share a value.
    pub unique: bool,
    /// Suggested values; others are accepted.
    pub canonical_values: &'static [&'static str],
    /// What a reference may point to.
    pub reference_types: &'static [&'static str],
    /// The parts of a complex attribute.
    pub sub_attributes: &'static [Attribute],
}

impl Attribute {
    /// A single optional attribute that clients may write.
    pub(super) const fn new(name: &'static str, kind: Kind, description: &'static str) -> Self {
        Self {
            name,
            description,
            kind,
            multi_valued: false,
            required: false,
            case_exact: false,
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            unique: false,
            canonical_values: &[],
            reference_types: &[],
            sub_attributes: &[],
        }
    }

    /// A string.
    pub(super) const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, Kind::Text, description)
    }

    /// A complex attribute.
    pub(super) const fn complex(name: &'static str, parts: &'static [Self], description: &'static str) -> Self {
        Self { sub_attributes: parts, ..Self::new(name, Kind::Complex, description) }
    }

    /// A list of complex values.
    pub(super) const fn list(name: &'static str, parts: &'static [Self], description: &'static str) -> Self {
        Self { multi_valued: true, ..Self::complex(name, parts, description) }
    }

    /// A reference to one of these.
    pub(super) const fn reference(
        name: &'static str,
        types: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        Self { reference_types: types, case_exact: true, ..Self::new(name, Kind::Reference, description) }
    }

    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    pub(super) const fn exact(self) -> Self {
        Self { case_exact: true, ..self }
    }

    pub(super) const fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    pub(super) const fn many(self) -> Self {
        Self { multi_valued: true, ..self }
    }

    pub(super) const fn written(self, mutability: Mutability) -> Self {
        Self { mutability, ..self }
    }

    pub(super) const fn answered(self, returned: Returned) -> Self {
        Self { returned, ..self }
    }

    pub(super) const fn canonical(self, values: &'static [&'static str]) -> Self {
        Self { canonical_values: values, ..self }
    }

    /// The sub-attribute of this name, in any case.
    pub fn sub(&self, name: &str) -> Option<&'static Attribute> {
        self.sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case(name))
    }

    /// The sub-attribute that stands for the whole in comparisons: `value`.
    pub fn value_sub(&self) -> Option<&'static Attribute> {
        self.sub("value")
    }

    /// Whether clients may write it.
    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }

    /// As discovery shows it (RFC 7643 §7); empty lists are left out.
    pub fn to_json(&self) -> Value {
        let mut shown = json!({
            "name": self.name,
            "type": self.kind.as_str(),
            "multiValued": self.multi_valued,
            "description": self.description,
            "required": self.required,
            "caseExact": self.case_exact,
            "mutability": self.mutability.as_str(),
            "returned": self.returned.as_str(),
            "uniqueness": if self.unique { "server" } else { "none" },
        });
        let mut add = |name: &str, value: Value| {
            if let Some(map) = shown.as_object_mut() {
                map.insert(name.into(), value);
            }
        };
        if !self.canonical_values.is_empty() {
            add("canonicalValues", json!(self.canonical_values));
        }
        if !self.reference_types.is_empty() {
            add("referenceTypes", json!(self.reference_types));
        }
        if !self.sub_attributes.is_empty() {
            add("subAttributes", self.sub_attributes.iter().map(Self::to_json).collect());
        }
        shown
    }
}

impl Kind {
    /// As discovery names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Binary => "binary",
            Self::Reference => "reference",
            Self::Complex => "complex",
        }
    }
}

impl Mutability {
    /// As discovery names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
            Self::WriteOnly => "writeOnly",
        }
    }
}

impl Returned {
    /// As discovery names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Default => "default",
            Self::Request => "request",
        }
    }
}
