//! Values as they may stand in a line: what does not belong is read past and blemished, never
//! refused. One visitor for all kinds of value; each kind says what it makes of what it meets.

use core::fmt;
use core::marker::PhantomData;
use std::borrow::Cow;

use gatewatch_model::Blemishes;
use gatewatch_model::exchange::{Headers, Text};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What a JSON object is read into, member by member.
pub trait Members<'de>: Default {
    type Read;

    /// Takes in the value of `key`, whichever it is.
    fn member<A: MapAccess<'de>>(&mut self, key: &str, value: Value<'_, A>)
    -> Result<(), A::Error>;

    /// All members have been read; `Err` says what is required and was not there.
    fn finish(self, blemishes: &mut Blemishes) -> Result<Self::Read, &'static str>;
}

/// The value that follows a key. Every method takes exactly that value; `None` is null, or what
/// does not belong.
pub struct Value<'m, A> {
    members: &'m mut A,
    blemishes: &'m mut Blemishes,
}

impl<'de, A: MapAccess<'de>> Value<'_, A> {
    pub fn text(self) -> Result<Option<Text<'de>>, A::Error> {
        let kind = OneText(self.blemishes);
        self.members.next_value_seed(Meeting(kind))
    }

    pub fn texts(self) -> Result<Option<Vec<Text<'de>>>, A::Error> {
        let kind = ManyTexts(self.blemishes);
        self.members.next_value_seed(Meeting(kind))
    }

    /// A list of names that `parse` knows, put together by `insert`.
    pub fn named<T: Default>(
        self,
        parse: impl Fn(&str) -> Option<T>,
        insert: impl Fn(&mut T, T),
    ) -> Result<Option<T>, A::Error> {
        let kind = ManyTexts(self.blemishes);
        let names = self.members.next_value_seed(Meeting(kind))?;
        Ok(names.map(|names| {
            let mut set = T::default();
            for name in names {
                match parse(&name) {
                    Some(one) => insert(&mut set, one),
                    None => self.blemishes.insert(Blemishes::BAD_VALUE),
                }
            }
            set
        }))
    }

    pub fn headers(self) -> Result<Option<Headers<'de>>, A::Error> {
        let kind = HeaderList(self.blemishes);
        self.members.next_value_seed(Meeting(kind))
    }

    pub fn object<T: Members<'de>>(self) -> Result<Option<T::Read>, A::Error> {
        self.members
            .next_value_seed(Object::<T>::new(self.blemishes))
    }

    /// Text that `parse` understands.
    pub fn parsed<T>(self, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, A::Error> {
        let kind = OneText(self.blemishes);
        let text = self.members.next_value_seed(Meeting(kind))?;
        let parsed = text.as_deref().and_then(parse);
        if text.is_some() && parsed.is_none() {
            self.blemishes.insert(Blemishes::BAD_VALUE);
        }
        Ok(parsed)
    }

    /// A number that `convert` finds to be one of what is meant.
    pub fn converted<T>(
        self,
        blemish: Blemishes,
        convert: impl FnOnce(f64) -> Option<T>,
    ) -> Result<Option<T>, A::Error> {
        let kind = Number(self.blemishes, blemish);
        let number = self.members.next_value_seed(Meeting(kind))?;
        let converted = number.and_then(convert);
        if number.is_some() && converted.is_none() {
            self.blemishes.insert(blemish);
        }
        Ok(converted)
    }

    pub fn ignore(self) -> Result<(), A::Error> {
        self.members.next_value::<IgnoredAny>().map(drop)
    }
}

/// An object with these members, or something else that does not belong.
pub struct Object<'x, T>(Meeting<OneObject<'x, T>>);

impl<'x, T> Object<'x, T> {
    pub fn new(blemishes: &'x mut Blemishes) -> Self {
        Object(Meeting(OneObject(blemishes, PhantomData)))
    }
}

impl<'de, T: Members<'de>> DeserializeSeed<'de> for Object<'_, T> {
    type Value = Option<T::Read>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(from)
    }
}

/// A kind of value. What it does not override does not belong there.
trait Kind<'de>: Sized {
    type Read;

    fn null(self) -> Self::Read;
    fn stranger(self) -> Self::Read;

    fn text(self, _: Text<'de>) -> Self::Read {
        self.stranger()
    }

    fn number(self, _: f64) -> Self::Read {
        self.stranger()
    }

    fn whole(self, number: i128) -> Self::Read {
        self.number(number as f64)
    }

    fn boolean(self, _: bool) -> Self::Read {
        self.stranger()
    }

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Read, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.stranger())
    }

    fn list<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Read, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.stranger())
    }
}

/// A kind meets whatever stands there.
struct Meeting<K>(K);

impl<'de, K: Kind<'de>> DeserializeSeed<'de> for Meeting<K> {
    type Value = K::Read;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<K::Read, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, K: Kind<'de>> Visitor<'de> for Meeting<K> {
    type Value = K::Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<K::Read, E> {
        Ok(self.0.null())
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<K::Read, E> {
        Ok(self.0.boolean(boolean))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<K::Read, E> {
        Ok(self.0.whole(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<K::Read, E> {
        Ok(self.0.whole(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<K::Read, E> {
        Ok(self.0.number(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<K::Read, E> {
        Ok(self.0.text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<K::Read, E> {
        Ok(self.0.text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<K::Read, A::Error> {
        self.0.object(members)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<K::Read, A::Error> {
        self.0.list(items)
    }
}

struct OneText<'x>(&'x mut Blemishes);

impl<'de> Kind<'de> for OneText<'_> {
    type Read = Option<Text<'de>>;

    fn null(self) -> Self::Read {
        None
    }

    fn stranger(self) -> Self::Read {
        self.0.insert(Blemishes::BAD_VALUE);
        None
    }

    fn text(self, text: Text<'de>) -> Self::Read {
        Some(text)
    }
}

struct ManyTexts<'x>(&'x mut Blemishes);

impl<'de> Kind<'de> for ManyTexts<'_> {
    type Read = Option<Vec<Text<'de>>>;

    fn null(self) -> Self::Read {
        None
    }

    fn stranger(self) -> Self::Read {
        self.0.insert(Blemishes::BAD_VALUE);
        None
    }

    fn list<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Read, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = items.next_element_seed(Meeting(OneText(self.0)))? {
            texts.extend(text);
        }
        Ok(Some(texts))
    }
}

struct Number<'x>(&'x mut Blemishes, Blemishes);

impl Kind<'_> for Number<'_> {
    type Read = Option<f64>;

    fn null(self) -> Self::Read {
        None
    }

    fn stranger(self) -> Self::Read {
        self.0.insert(self.1);
        None
    }

    fn number(self, number: f64) -> Self::Read {
        Some(number)
    }
}

struct OneObject<'x, T>(&'x mut Blemishes, PhantomData<T>);

impl<'de, T: Members<'de>> Kind<'de> for OneObject<'_, T> {
    type Read = Option<T::Read>;

    fn null(self) -> Self::Read {
        None
    }

    fn stranger(self) -> Self::Read {
        self.0.insert(Blemishes::BAD_VALUE);
        None
    }

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Read, A::Error> {
        let mut read = T::default();
        while let Some(Key(key)) = members.next_key_seed(Key(Cow::Borrowed("")))? {
            let value = Value {
                members: &mut members,
                blemishes: self.0,
            };
            read.member(&key, value)?;
        }
        read.finish(self.0).map(Some).map_err(A::Error::custom)
    }
}

/// The name of a member; the seed's own text is a placeholder.
struct Key<'k>(Text<'k>);

impl<'de> DeserializeSeed<'de> for Key<'de> {
    type Value = Key<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Key<'de>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key<'de> {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(name)))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(name.to_owned())))
    }
}

/// An object of names with a value or a list of values each, or a list of pairs.
struct HeaderList<'x>(&'x mut Blemishes);

/// Most requests have fewer headers.
const HEADERS_ROOM: usize = 16;

/// A name with a list of values stands before each of them, and one that had to be unescaped is
/// a copy each time: without a bound a line of 4 MiB would grow to a million times its size.
const NAME_COPIES_BYTES_MAX: usize = 1 << 20;

impl<'de> Kind<'de> for HeaderList<'_> {
    type Read = Option<Headers<'de>>;

    fn null(self) -> Self::Read {
        None
    }

    fn stranger(self) -> Self::Read {
        self.0.insert(Blemishes::BAD_VALUE);
        None
    }

    fn object<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Read, A::Error> {
        let mut headers = Vec::with_capacity(HEADERS_ROOM);
        let mut copies_bytes = 0;
        while let Some(Key(name)) = members.next_key_seed(Key(Cow::Borrowed("")))? {
            members.next_value_seed(Meeting(HeaderValue {
                name,
                headers: &mut headers,
                copies_bytes: &mut copies_bytes,
                blemishes: self.0,
            }))?;
        }
        Ok(Some(headers))
    }

    fn list<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Read, A::Error> {
        let mut headers = Vec::with_capacity(HEADERS_ROOM);
        while let Some(pair) = items.next_element_seed(Meeting(ManyTexts(self.0)))? {
            match pair.map(<[Text<'de>; 2]>::try_from) {
                Some(Ok([name, value])) => headers.push((name, value)),
                Some(Err(_)) | None => self.0.insert(Blemishes::BAD_VALUE),
            }
        }
        Ok(Some(headers))
    }
}

struct HeaderValue<'x, 'de> {
    name: Text<'de>,
    headers: &'x mut Headers<'de>,
    copies_bytes: &'x mut usize,
    blemishes: &'x mut Blemishes,
}

impl<'de> HeaderValue<'_, 'de> {
    /// The name once more, or none when it was copied too often already.
    fn name(&mut self) -> Option<Text<'de>> {
        if let Cow::Owned(name) = &self.name {
            *self.copies_bytes += name.len();
            if *self.copies_bytes > NAME_COPIES_BYTES_MAX {
                self.blemishes.insert(Blemishes::HEADERS_CUT);
                return None;
            }
        }
        Some(self.name.clone())
    }
}

impl<'de> Kind<'de> for HeaderValue<'_, 'de> {
    type Read = ();

    fn null(self) {}

    fn stranger(self) {
        self.blemishes.insert(Blemishes::BAD_VALUE);
    }

    fn text(self, value: Text<'de>) {
        self.headers.push((self.name, value));
    }

    /// `"content-length": 12` is wrong and says all the same what the header was.
    fn number(self, number: f64) {
        self.blemishes.insert(Blemishes::BAD_VALUE);
        self.text(number.to_string().into());
    }

    fn whole(self, number: i128) {
        self.blemishes.insert(Blemishes::BAD_VALUE);
        self.text(number.to_string().into());
    }

    fn boolean(self, boolean: bool) {
        self.blemishes.insert(Blemishes::BAD_VALUE);
        self.text(boolean.to_string().into());
    }

    fn list<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(value) = items.next_element_seed(Meeting(OneText(self.blemishes)))? {
            if let Some(value) = value
                && let Some(name) = self.name()
            {
                self.headers.push((name, value));
            }
        }
        Ok(())
    }
}
