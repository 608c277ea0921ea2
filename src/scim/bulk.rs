//! Bulk requests: many operations in one message. RFC 7644 §3.7.
//!
//! An operation may name a resource that another one makes, by `bulkId:<id>`. Operations wait for what they name; when
//! they wait for each other, one is carried out without the name and completed later (§3.7.1).

use super::resource::check_depth;
use super::search::check_urn;
use super::{Attributes, Error};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The URN of the request.
pub const REQUEST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The URN of the answer.
const RESPONSE_URN: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
/// How a resource of the same message is named.
const PREFIX: &str = "bulkId:";

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkMethod {
    /// Makes a resource.
    Post,
    /// Replaces one.
    Put,
    /// Changes one.
    Patch,
    /// Takes one away.
    Delete,
}

impl BulkMethod {
    /// As HTTP names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(name))
    }
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOperation {
    /// What it does.
    pub method: BulkMethod,
    /// Its name within the message.
    pub bulk_id: Option<String>,
    /// The version of the resource that it is meant for.
    pub version: Option<String>,
    /// The address below the base URL: `/Users`, `/Users/{id}`.
    pub path: String,
    /// The body.
    pub data: Value,
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Bulk {
    /// After how many failures the rest is left alone; `None` = never.
    pub fail_on_errors: Option<u64>,
    /// In the order of the message.
    pub operations: Vec<BulkOperation>,
}

impl Bulk {
    /// Reads a BulkRequest of at most so many operations.
    ///
    /// # Errors
    /// 400 `invalidSyntax` or `invalidValue` that names the operation, counted from zero; 413 above the limit.
    pub fn read(body: Value, operations_max: usize) -> Result<Self, Error> {
        check_depth(&body)?;
        let Value::Object(mut body) = body else {
            return Err(Error::invalid_syntax("the body must be a JSON object: a BulkRequest message"));
        };
        check_urn(&body, REQUEST_URN)?;
        let fail_on_errors = match take(&mut body, "failOnErrors") {
            None | Some(Value::Null) => None,
            Some(value) => Some(value.as_u64().filter(|count| *count > 0).ok_or_else(|| {
                Error::invalid_value("`failOnErrors`: expected a whole number above zero, without quotes")
            })?),
        };
        let Some(Value::Array(operations)) = take(&mut body, "Operations") else {
            return Err(Error::invalid_syntax("`Operations` is missing; send a list of operations"));
        };
        if operations.len() > operations_max {
            return Err(Error::too_large(format!(
                "`Operations` holds {}, at most {operations_max} are taken; send several requests",
                operations.len()
            )));
        }
        let operations = operations.into_iter().enumerate().map(|(index, operation)| {
            read_operation(operation)
                .map_err(|error| Error { detail: format!("Operations[{index}]: {}", error.detail), ..error })
        });
        let bulk = Self { fail_on_errors, operations: operations.collect::<Result<_, _>>()? };
        bulk.check_names()?;
        Ok(bulk)
    }

    fn check_names(&self) -> Result<(), Error> {
        let mut seen = BTreeMap::new();
        for (index, operation) in self.operations.iter().enumerate() {
            let Some(name) = &operation.bulk_id else { continue };
            if let Some(earlier) = seen.insert(name, index) {
                return Err(Error::invalid_value(format!(
                    "Operations[{index}]: its `bulkId` is that of Operations[{earlier}]; give each its own"
                )));
            }
        }
        Ok(())
    }

    /// In which order to carry the operations out: always the first that waits for none that is left; when all wait for
    /// each other, the first that makes something.
    pub fn order(&self) -> Vec<usize> {
        let maker = |(index, operation): (usize, &'_ BulkOperation)| match operation {
            BulkOperation { method: BulkMethod::Post, bulk_id: Some(name), .. } => Some((name.clone(), index)),
            _ => None,
        };
        let makers: HashMap<String, usize> = self.operations.iter().enumerate().filter_map(maker).collect();
        let mut waits = vec![0_usize; self.operations.len()];
        let mut followers: HashMap<usize, Vec<usize>> = HashMap::new();
        for (index, (operation, waits)) in self.operations.iter().zip(&mut waits).enumerate() {
            let named = names(operation).into_iter().filter_map(|name| makers.get(name)).copied();
            let named = named.collect::<BTreeSet<usize>>();
            *waits = named.len();
            named.into_iter().for_each(|maker| followers.entry(maker).or_default().push(index));
        }
        let mut left: BTreeSet<usize> = (0..self.operations.len()).collect();
        let mut makes: BTreeSet<usize> = makers.into_values().collect();
        let mut free: BTreeSet<usize> = left.iter().copied().filter(|index| waits.get(*index) == Some(&0)).collect();
        let mut order = Vec::with_capacity(left.len());
        while let Some(next) = free.first().or(makes.first()).or(left.first()).copied() {
            free.remove(&next);
            makes.remove(&next);
            left.remove(&next);
            order.push(next);
            for follower in followers.remove(&next).unwrap_or_default() {
                if let Some(waits) = waits.get_mut(follower) {
                    *waits -= 1;
                    free.extend((*waits == 0 && left.contains(&follower)).then_some(follower));
                }
            }
        }
        order
    }

    /// The names of all that the message makes.
    pub fn makers(&self) -> HashSet<String> {
        let makes = self.operations.iter().filter(|operation| operation.method == BulkMethod::Post);
        makes.filter_map(|operation| operation.bulk_id.clone()).collect()
    }
}

/// The resources that operations of a message made, by their names in it.
#[derive(Debug, Default)]
pub struct Made {
    ids: BTreeMap<String, String>,
}

impl Made {
    /// Notes the id of a resource.
    pub fn note(&mut self, bulk_id: &str, id: &str) {
        self.ids.insert(bulk_id.to_owned(), id.to_owned());
    }

    /// The address with the id for the name in it.
    ///
    /// # Errors
    /// 409 `invalidValue` when nothing of that name was made.
    pub fn path(&self, path: &str) -> Result<String, Error> {
        let Some((before, name)) = path.split_once(PREFIX) else { return Ok(path.to_owned()) };
        self.ids.get(name).map(|id| format!("{before}{id}")).ok_or_else(|| unresolved(name))
    }

    /// Puts ids for names into a body.
    ///
    /// # Errors
    /// 409 that names the first name of which nothing was made.
    pub fn fill_in(&self, data: &mut Value) -> Result<(), Error> {
        match data {
            Value::String(text) => {
                let Some(name) = text.strip_prefix(PREFIX) else { return Ok(()) };
                *text = self.ids.get(name).cloned().ok_or_else(|| unresolved(name))?;
                Ok(())
            }
            Value::Array(values) => values.iter_mut().try_for_each(|value| self.fill_in(value)),
            Value::Object(parts) => parts.values_mut().try_for_each(|value| self.fill_in(value)),
            _ => Ok(()),
        }
    }

    /// Whether all that an operation names is made, or will be by one of those that are left (itself among them).
    pub fn will_have(&self, operation: &BulkOperation, left: &HashSet<String>) -> bool {
        names(operation).iter().all(|name| self.ids.contains_key(*name) || left.contains(*name))
    }

    /// Takes out of a body what names something that is not made yet, and tells out of which attributes.
    pub fn leave_out(&self, data: &mut Value) -> Vec<String> {
        let Value::Object(parts) = data else { return Vec::new() };
        let mut keys = Vec::new();
        parts.retain(|key, value| {
            let open = self.is_open(value);
            if open || self.strip(value) {
                keys.push(key.clone());
            }
            !open
        });
        keys
    }

    /// The same below an attribute; whether anything was taken out.
    fn strip(&self, data: &mut Value) -> bool {
        match data {
            Value::Array(values) => {
                let before = values.len();
                values.retain(|value| !self.is_open(value));
                let gone = values.len() < before;
                values.iter_mut().fold(gone, |out, value| self.strip(value) | out)
            }
            Value::Object(parts) => {
                let before = parts.len();
                parts.retain(|_, value| !self.is_open(value));
                let gone = parts.len() < before;
                parts.values_mut().fold(gone, |out, value| self.strip(value) | out)
            }
            _ => false,
        }
    }

    /// A name of which nothing was made, or an object whose `value` is one.
    fn is_open(&self, value: &Value) -> bool {
        let text = value.as_str().or_else(|| value.get("value").and_then(Value::as_str));
        text.and_then(|text| text.strip_prefix(PREFIX)).is_some_and(|name| !self.ids.contains_key(name))
    }
}

/// The names that an operation uses.
fn names(operation: &BulkOperation) -> Vec<&str> {
    let mut names = Vec::new();
    collect(&operation.data, &mut names);
    names.extend(operation.path.split_once(PREFIX).map(|(_, name)| name));
    names
}

fn collect<'a>(value: &'a Value, names: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => names.extend(text.strip_prefix(PREFIX)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        Value::Object(parts) => parts.values().for_each(|value| collect(value, names)),
        _ => {}
    }
}

fn unresolved(name: &str) -> Error {
    let shown: String = name.chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
    Error { status: 409, ..Error::invalid_value(format!("no operation made a resource with the bulkId `{shown}`")) }
}

fn read_operation(operation: Value) -> Result<BulkOperation, Error> {
    let Value::Object(mut operation) = operation else {
        return Err(Error::invalid_syntax("an operation is a JSON object"));
    };
    let mut text = |name: &str| match take(&mut operation, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::invalid_value(format!("`{name}`: expected a string"))),
    };
    let (method, bulk_id, version, path) = (text("method")?, text("bulkId")?, text("version")?, text("path")?);
    let method = method.as_deref().and_then(BulkMethod::named);
    let method = method.ok_or_else(|| Error::invalid_syntax("`method` must be POST, PUT, PATCH or DELETE"))?;
    let path = path.ok_or_else(|| Error::invalid_syntax("`path` is missing; send one such as /Users"))?;
    if method == BulkMethod::Post && bulk_id.as_deref().is_none_or(str::is_empty) {
        return Err(Error::invalid_value("`bulkId` is missing; a POST needs one"));
    }
    let data = take(&mut operation, "data").unwrap_or(Value::Null);
    if method != BulkMethod::Delete && !data.is_object() {
        return Err(Error::invalid_syntax("`data` must be an object: the body of the operation"));
    }
    Ok(BulkOperation { method, bulk_id, version, path, data })
}

/// The answer, with what became of each operation.
pub fn bulk_response(operations: Vec<Value>) -> Value {
    json!({ "schemas": [RESPONSE_URN], "Operations": operations })
}

fn take(object: &mut Attributes, name: &str) -> Option<Value> {
    let key = object.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned()?;
    object.swap_remove(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(operations: Value) -> Result<Bulk, Error> {
        Bulk::read(json!({"schemas": [REQUEST_URN], "failOnErrors": 1, "Operations": operations}), 3)
    }

    fn post(name: &str, manager: &str) -> Value {
        let data = json!({"userName": name, "manager": {"value": format!("bulkId:{manager}")}});
        json!({"method": "post", "path": "/Users", "bulkId": name, "data": data})
    }

    #[test]
    fn b024_operations_wait_for_what_they_name() {
        let bulk = bulk(json!([post("a", "b"), post("b", "nobody"), post("c", "a")])).unwrap();
        assert_eq!(bulk.order(), [1, 0, 2]);
        let mut made = Made::default();
        for index in bulk.order() {
            made.note(bulk.operations[index].bulk_id.as_deref().unwrap(), &format!("id{index}"));
        }
        let mut data = bulk.operations[0].data.clone();
        made.fill_in(&mut data).unwrap();
        assert_eq!(data["manager"]["value"], "id1");
        assert_eq!(made.path("/Users/bulkId:c").unwrap(), "/Users/id2");
        let error = made.fill_in(&mut bulk.operations[1].data.clone()).unwrap_err();
        assert_eq!((error.status, error.detail.contains("`nobody`")), (409, true));
    }

    #[test]
    fn b024_of_operations_that_wait_for_each_other_one_goes_without_the_name() {
        let bulk = bulk(json!([post("a", "b"), post("b", "a")])).unwrap();
        let made = Made::default();
        assert_eq!(bulk.order(), [0, 1]);
        let mut data = bulk.operations[0].data.clone();
        assert_eq!(made.leave_out(&mut data), ["manager"]);
        assert_eq!(data, json!({"userName": "a"}));
        assert!(made.leave_out(&mut data).is_empty());
        let mut left = bulk.makers();
        assert!(made.will_have(&bulk.operations[0], &left), "the other one is left");
        left.remove("b");
        assert!(!made.will_have(&bulk.operations[0], &left), "the other one failed");
    }

    #[test]
    fn b096_a_message_that_is_none_is_refused_with_the_place() {
        let refused = |operation: Value| {
            let error = bulk(json!([operation])).unwrap_err();
            format!("{} {}", error.status, error.detail)
        };
        insta::assert_snapshot!(refused(json!(1)), @"400 Operations[0]: an operation is a JSON object");
        insta::assert_snapshot!(refused(json!({"method": "GET", "path": "/Users"})), @"400 Operations[0]: `method` must be POST, PUT, PATCH or DELETE");
        insta::assert_snapshot!(refused(json!({"method": "POST", "path": "/Users", "data": {}})), @"400 Operations[0]: `bulkId` is missing; a POST needs one");
        insta::assert_snapshot!(refused(json!({"method": "PUT", "path": "/Users/1"})), @"400 Operations[0]: `data` must be an object: the body of the operation");
        let many = bulk(json!([post("a", "x"), post("b", "x"), post("c", "x"), post("d", "x")])).unwrap_err();
        assert_eq!(many.status, 413);
        assert!(bulk(json!([post("a", "x"), post("a", "y")])).unwrap_err().detail.contains("Operations[0]"));
        let body = json!({"schemas": [REQUEST_URN], "failOnErrors": "1", "Operations": []});
        assert!(Bulk::read(body, 3).unwrap_err().detail.contains("failOnErrors"));
    }
}
