//! The words that name a kind, in the languages of our users. Lower case, without accents on Latin letters.
//! A star ends a stem: any word that begins so. Words of scripts without blanks are found inside longer ones.

use super::topics::Topics;
use crate::kind::Kind;

const EMAIL: Topics = Topics::of(Kind::Email);
const PHONE: Topics = Topics::of(Kind::Phone);
/// What one does with a telephone: only in a sentence, never as a key.
const CALLING: Topics = PHONE.and(Topics::PROSE);
const SSN: Topics = Topics::of(Kind::Ssn);
const CARD: Topics = Topics::of(Kind::Card);
const IP: Topics = Topics::of(Kind::Ip);
const STREET: Topics = Topics::of(Kind::Street);
const PASSPORT: Topics = Topics::of(Kind::Passport);
const IBAN: Topics = Topics::of(Kind::Iban);
const SECRET: Topics = Topics::of(Kind::Secret);
const PASSWORD: Topics = SECRET.and(Topics::PASSWORD);
const BIRTH: Topics = Topics::of(Kind::BirthDate);
const NATIONAL: Topics = Topics::of(Kind::NationalId);

/// Topic and words, in the order in which later ones win.
pub(super) static WORDS: &[(Topics, &str)] = &[
    (
        EMAIL,
        "email* emails mail mails mailto emailadresse courriel* correo* epost* eposta posta sahkoposti* mailbox inbox \
         mailadres* mailadress* почта почты email* имейл* пошта електронна ηλεκτρονικο 邮箱 邮件 電子郵件 メール 이메일 메일",
    ),
    (
        PHONE,
        "phone phones phoneno phonenumber* telephone* telefon* telephon* telef tel tels tfno tlf tlfn tfn mobile \
         mobiles mobil mobils mobilnummer* mobiltelefon* mobilni mobilny movil moviles cell cellphone* cellular \
         celular* cellulare* cel telemovel* telemoveis handy handynummer* handynr rufnummer* festnetz* durchwahl portable fixe fax \
         faxnummer* faks telefax* telecopie landline* whatsapp whats sms msisdn callback hotline helpline helpdesk \
         recado fono telefoon* gsm mobiel* vast puhelin* puhelinnumero* puh matkapuhelin* kannykka* komorka \
         komorkowy komorkowe kom telefonni mobilszam* telefonszam* telefonsz telefono* telefone* telefonu \
         telefonuna numara fone recapito* cep ceptel telefonas telefonul phn ph mob handset voice telno telnr mobileno mobilenumber* \
         cellno homephone* workphone* dayphone* mobilephone* mobiltlf* mobitel* telepon* thoai talrunis* talr mobiil* มือถือ мобилен* мобільн* officephone* cellularphone* facsimile* телефон* тел моб мобильн* мобильный сотовый факс телефону τηλεφωνο* \
         mobilfunk* notfallkontakt* sdt ☎ ☏ ✆ ℡ 📞 📱 📲 📠 τηλ κινητο* 电话* 手机* 手機* 電話* 联系电话 携帯* 携帯電話 전화* 휴대폰* 연락처* 핸드폰* โทร โทรศัพท์ फोन फ़ोन फ़ोन मोबाइल هاتف جوال טלפון נייד",
    ),
    (
        CALLING,
        "call calls called calling caller text texted texting contact contacts dial dialed dialled dialing ring \
         rang reach reachable reached anrufen ruf ruft erreichbar erreichen erreichst appeler appelez appelle \
         joindre joignable contacter llamar llame llama llamame ligar ligue chiama chiamare chiamate chiamami bel \
         bellen zadzwon zadzwonic dzwonic ringa ringe ring ringes soita arayin ara ozvat zavolejte sun sunati \
         звоните позвоните звонить signal telegram viber ruckruf* ruckrufnummer* hivjon telefonate rappeler rappelez devuelvame \
         marque disque dzwon rufen rufst anruf anrufe kontaktieren contactez contactar contactarme contactarnos contattaci contattami \
         contattare contattate composez llamarme llamarnos llamarle llamenos llamanos llameme llamadme chiamarmi chiamarci \
         chiamaci telefonieren telefoneer ligar voicemail kontakt contacto contatto contato subscriber رقمي 私の番号",
    ),
    (
        Topics::HINT,
        "home work office private privat prive dienstlich geschaftlich direct direkt line zentrale standard switchboard \
         reception empfang sekretariat secretariat accueil centralita centralino oficina ufficio bureau kantoor thuis casa \
         hp wa to from recipient sender destination buro desk urgences perso pro",
    ),
    (SSN, "ssn ssns socialsecurity* itin tin taxpayer socsec ss4 socsecno ssnum ssnumber 社会安全号码"),
    (
        CARD,
        "card cards cc ccn ccnum ccnumber creditcard* cardnumber* cardno cardnum pan pans visa mastercard mc amex maestro \
         discover diners jcb unionpay rupay mir debitcard* kreditkarte* kreditkart* karte kartennummer* kartennr \
         debitkarte* carte cartes cb carta carte tarjeta* cartao* cartoes kaart kaartnummer* creditcardnummer* \
         creditkaart* karta karty karte karcie kartu kort kortnummer* kortnr kredittkort* kreditkort* bankkort* \
         bankkarte* bankkartya* kartya* kartyaszam* luottokortti* betalkort* karti kredikarti* kortti kortin korttinumero* pankkikortti* kart kartin \
         kartno kreditni platebni cislokarty cardul карт* карта карты картой кредитн* банковск* \
         κάρτα καρτα* 信用卡* 卡号* 银行卡* クレジットカード* カード番号* カード 카드* 카드번호* 신용카드*",
    ),
    (
        IP,
        "ip ips ipv ipaddr* ipaddress* ipadresse* ipadres* clientip remoteip sourceip srcip dstip destip hostip peer \
         xff forwarded remoteaddr addr host hosts server servers gateway nameserver dns listen upstream ping endpoint \
         айпи ip地址 ipアドレス subnet nat",
    ),
    (
        STREET,
        "address addresses adr addr addr1 addr2 address1 address2 addressline* street streets streetaddress* streetname \
         shipping mailing residence residential residing resides lives living located location ship shipto billto \
         deliver delivery delivered domicile domiciled anschrift* adresse* adress* adres* straße* strasse* wohnhaft \
         straat straatnaam* wohnt wohne wohnanschrift* wohnort standort filiale lieferadresse* rechnungsadresse* postanschrift* postadresse* hausnummer \
         rue direccion* domicilio* calle vivo vive residencia* endereco* logradouro* morada rua indirizzo* residenza* residente \
         via abita abito adresem adresu adresy zamieszkal* mieszka mieszkam ulica bor bosatt bostad gata gatuadress* \
         besoksadress* postadress* hemadress* bopæl bopael bopel bolig bostedsadresse* osoite* katuosoite* kotiosoite* \
         adresa* bydliste ulice bydlim lakcim* cim cime adresi ikamet lakik lakohely* thuisadres* woonadres* woont \
         woonachtig bezorgadres* habite habitant demeurant domicilie addressed premises property \
         адрес* улица ул проживает прописан живет διευθυνση* 地址* 住址* 住所* 주소* ที่อยู่ पता عنوان כתובת",
    ),
    (
        PASSPORT,
        "passport* passeport* pasaporte* passaporte* passaporto* passaport* pasaport* reisepass* reisepaß* pass passnr \
         passnummer* passnumber* passno paspoort* paspoortnummer* reisedokument* traveldocument* paszport* passi \
         passin passinumero* passinro utlevel* pasu pasnummer* pasnr reisepassnummer* pasos pasoš* pasosa putovnica* putovnice paspor potnega potni paso pase pases chieu पासपोर \
         putni ppn ppt pptno ppno cestovni* pasul pasaportul паспорт* загранпаспорт* загран* διαβατηριο* διαβατηριου 护照* 護照* \
         パスポート* 旅券* 여권* หนังสือเดินทาง पासपोर्ट جواز דרכון",
    ),
    (
        Topics::PAIRED,
        "social national travel sec contact account ss pas id address addr card date code key token number numero nummer numer domicile domicilio line \
         номер",
    ),
    (IBAN, "iban ibans kontonummer* rekeningnummer*"),
    (
        PASSWORD,
        "password* passwort* passwd pwd passphrase passcode mdp motdepasse contrasena* senha wachtwoord* haslo heslo пароль 密码 パスワード",
    ),
    (
        SECRET,
        "secret secrets apikey* apisecret apitoken authtoken accesstoken refreshtoken sessiontoken bearertoken \
         privatekey secretkey accesskey bearer credential \
         credentials clientsecret authorization",
    ),
    (
        BIRTH,
        "dob bday birth birthday birthdate* dateofbirth* born birthdt geburtsdatum* geburtstag* geboren geb naissance ne nee \
         nacimiento nacido nacida fechanacimiento nascimento nascido nascida nascita nato nata geboortedatum* geboren \
         urodzenia urodzony urodzona fodelsedatum* fodd fodselsdato* fodt syntymaaika* syntynyt narozeni szuletesi \
         szuletett nasterii nascut dogum рождения родился родилась γεννησης 出生* 生日* 生年月日* 誕生日* 생년월일* \
         народження рождение раждане lahir sinh เกิด לידה ميلاد الميلاد",
    ),
    (
        NATIONAL,
        "nino nin nhs ni nie dni nif cpf cnpj rg aadhaar* aadhar* uidai sin curp rfc nir insee numss \
         personnummer* personnr fodselsnummer* cpr henkilotunnus* hetu pesel bsn burgerservicenummer* steuerid \
         steueridentifikationsnummer* steuernummer* sozialversicherungsnummer* ahv avs codicefiscale fiscale \
         nationalid* nationalinsurance* cnp rodne tckn tckimlik kimlik rrn mynumber nationalnumber rijksregisternummer* \
         inn snils инн снилс 身份证* 身分證* 主民登録 マイナンバー* 주민등록번호* आधार",
    ),
    (
        Topics::FILLER,
        "number numbers num no nos nr nrs nbr numero numeros numer numerem numer nummer nummern nº n № номер* \
         cislo szam szama numarasi numarali numarul is are was were be been the a an my your his her our their its this \
         that at on to for of in and or und oder et ou y e o de der die das den dem des du le la les l un une el los las \
         en em na no da do dos il lo van het een ist sind war lautet lauten meine mein meiner ihre ihr seine est sont \
         mon ma mes votre son sa es son mi mis su sus e meu minha sou mio mia suo sua jest sa moj moja moje ar ar min mitt \
         din till fra er mit mijn zijn op onder unter sous sur bajo sob numarasi value values val new old current home \
         work office primary secondary personal private business main day evening direct toll free alternate alt \
         emergency us uk usa de fr es it nl type kind issued via by with as used use using ending follows \
         following please below here also now full td th tr dd dt span div p b strong li label input field string str text: data item i em br class \
         fixed document doc first second last1 also so it's und auch aussi tambien anche oraz i och og ja a és ve и или мой \
         ваш это country region international intl national format formatted e164 raw original 号码 番号 번호 は が 是 为 的",
    ),
    (
        Topics::OTHER,
        "id ids uid uuid guid order orders orderid ordernumber ref refs reference references ticket tickets case cases \
         trace traceid span request requests req session sessions build builds seq sequence offset offsets sku skus epoch \
         timestamp timestamps ts date port ports page pages score scores account accounts acct invoice \
         invoices receipt transaction transactions txn tx code codes pin zip zipcode postal postcode postalcode plz cp cep \
         bytes byte size sizes length len count counts total totals amount amounts price qty quantity row rows lineno \
         pid tid job jobs task tasks batch lot serial hash commit sha checksum digest token nonce key keys seed \
         index idx partition lag duration ms sec secs seconds latency tokens user userid customerid \
         expires expiry expiration exp until created modified balance salary revenue population \
         flight gate pnr vin license licence plate polizza poliza meeting conference room channel message thread snowflake issue pr node frame \
         expedition bestellung bestellnummer* auftrag auftragsnummer* rechnung rechnungsnummer* kunde \
         kundennummer* vorgang vorgangsnummer* saksnummer* sagsnummer* sagsnr arendenummer* asianumero* aktenzeichen commande facture dossier pedido factura expediente fattura \
         ordine pratica bestelling factuur zamowienie zamowienia faktura ordre tilaus lasku objednavka megrendeles \
         siparis fatura παραγγελια* rendeles* rendelesszam* comanda* замовленн* заказ* заказа счет* 订单* 訂單* 注文* 주문* employee employeeid emp member memberid policy claim \
         patient mrn gene record records entry chapter part parts block blocks group groupid tab tabid chat \
         years year month days hours minutes percent weight height ratio range ranges between rate lat lon lng latitude longitude coordinates",
    ),
    (
        Topics::FOREIGN,
        "isbn issn ean upc gtin asin imei imsi iccid esn meid mac macaddr macaddress oui tracking trackingnumber* \
         shipment parcel waybill sendungsnummer* suivi npi dea ein duns naics sic routing aba swift bic orcid doi pmid pmc \
         cas oid dicom rfc iso figma duns barcode vat ustid ustidnr siret siren cif nit ruc vatid taxid hs hts \
         lei cusip isin sedol wkn bsb sortcode gstin hsn eori udid fingerprint",
    ),
    (
        Topics::VERSION,
        "version versions ver vers build builds firmware fw driver release releases released section sections clause clauses \
         revision rev chapter kapitel chapitre capitulo capitolo hoofdstuk rozdzial abschnitt oid upgrade upgraded upgrades upgrading bump bumps bumped bumping downgrade downgraded \
         installed image objectidentifier* versionchanged versionadded deprecated update updated updates updating patch \
         patched deps v8 rv git chrome safari firefox edg edga opr chromium applewebkit tag tagged package packages pkg versie wersj* versao versoes versjon* versio versiossa versione versioni version* verze verzi verziu verzio* versiune* surum surumu mailer schema agenda paragraph annex appendix subsection subsubsection версия 版本 バージョン kernel sdk runtime",
    ),
];
